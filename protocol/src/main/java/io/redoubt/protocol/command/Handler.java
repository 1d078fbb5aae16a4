package io.redoubt.protocol.command;

/**
 * The implementation of a command.
 *
 * @param <C> the running command with its request, client, reply and services
 */
@FunctionalInterface
public interface Handler<C> {
  /**
   * Runs the command and writes exactly one reply.
   *
   * @throws CommandError for an error reply, before anything was written to the reply
   */
  void run(C call);
}
