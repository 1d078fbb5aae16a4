package io.redoubt.protocol.session;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Invocation;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import org.jspecify.annotations.Nullable;

/**
 * A command being run for a client: what the shared command groups see. One object serves all
 * commands of a process one after the other; a subclass adds what its own commands need.
 */
public abstract class SessionCall implements Invocation {
  private @Nullable Client client;
  private @Nullable Request request;
  private @Nullable Command<?> command;
  private @Nullable ReplyWriter reply;

  /** Without a command yet. */
  protected SessionCall() {}

  /** Sets what runs next. */
  public final void begin(Client newClient, Request newRequest, Command<?> newCommand) {
    begin(newClient, newRequest, newCommand, newClient.reply());
  }

  /** Sets what runs next, with its reply going elsewhere than to the client (a script, say). */
  public final void begin(
      Client newClient, Request newRequest, Command<?> newCommand, ReplyWriter newReply) {
    client = newClient;
    request = newRequest;
    command = newCommand;
    reply = newReply;
  }

  /** Whose command it is; a subclass narrows the type. */
  public Client client() {
    return set(client);
  }

  @Override
  public final Request request() {
    return set(request);
  }

  @Override
  public final Command<?> command() {
    return set(command);
  }

  @Override
  public final ReplyWriter reply() {
    return set(reply);
  }

  private static <T> T set(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("no command is running");
    }
    return value;
  }
}
