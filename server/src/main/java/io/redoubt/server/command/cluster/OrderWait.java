package io.redoubt.server.command.cluster;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.session.blocking.Waiting;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.cluster.core.Output;
import io.redoubt.server.execution.Call;
import org.jspecify.annotations.Nullable;

/**
 * A client's wait for the result of an order. The result may be delayed until earlier promises of
 * the node are durable.
 */
final class OrderWait implements Waiting {
  private final ServerClient client;
  private @Nullable Output result;
  private boolean ended;

  OrderWait(Call call) {
    client = call.client();
  }

  /** Stores the result, or replies with it if the client is already blocked. */
  void onDecided(Output output) {
    result = output;
    if (!ended && client.waiting() == this) {
      client.unblock();
      reply(client.reply(), output);
      client.flushSoon();
    }
  }

  @Nullable Output result() {
    return result;
  }

  static void reply(ReplyWriter reply, Output output) {
    switch (output) {
      case Output.Done(String text) -> reply.simple(text);
      case Output.Refused(String error) -> reply.error(error);
      default -> throw new IllegalStateException(output.toString());
    }
  }

  /** CLIENT UNBLOCK: the order is executed, but the client no longer waits for the disk. */
  @Override
  public void onTimeout() {
    client.reply().error("ERR the order is not on disk yet");
    client.flushSoon();
  }

  /** An order such as CLUSTER REPLICATE changes the role itself. */
  @Override
  public boolean endsWithRole() {
    return false;
  }

  @Override
  public void onEnd() {
    ended = true;
  }
}
