package io.redoubt.protocol.session.command;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Invocation;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.Client;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The execution of a command, as seen by the shared command groups. One object serves all commands
 * of a process in turn; a subclass adds access to the server's own state.
 */
public abstract class SessionCall implements Invocation {
  private @Nullable Client client;
  private @Nullable Request request;
  private @Nullable Command<?> command;
  private @Nullable ReplyWriter reply;

  /** Creates a call without a command. */
  protected SessionCall() {}

  /** Sets the next command. */
  public final void begin(Client newClient, Request newRequest, Command<?> newCommand) {
    begin(newClient, newRequest, newCommand, newClient.reply());
  }

  /**
   * Sets the next command, with a reply that does not go to the client, for example to a script.
   */
  public final void begin(
      Client newClient, Request newRequest, Command<?> newCommand, ReplyWriter newReply) {
    client = newClient;
    request = newRequest;
    command = newCommand;
    reply = newReply;
  }

  /** Returns the client that sent the command; a subclass narrows the type. */
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

  /**
   * Replies with what {@code start} creates: at once, or after it was built in slices between the
   * commands of other clients. In that case the handler runs again.
   */
  public void replyInSlices(Supplier<? extends SlicedReply> start) {
    try (SlicedReply built = start.get()) {
      while (built.step()) {
        // as a whole
      }
      built.write(reply());
    }
  }

  private static <T> T set(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("no command is running");
    }
    return value;
  }
}
