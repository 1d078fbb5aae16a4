package io.redoubt.protocol.command;

/**
 * What a command does.
 *
 * @param <C> the running command with its request, client, reply and services
 */
@FunctionalInterface
public interface Handler<C> {
  /**
   * Runs the command and writes its one reply.
   *
   * @throws CommandError for an error reply; nothing may have been written to the reply by then
   */
  void run(C call);
}
