package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.PlainText;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.process.UserData;
import io.redoubt.protocol.pubsub.ChannelKind;
import io.redoubt.protocol.pubsub.Subscriptions;
import io.redoubt.protocol.session.blocking.Waiting;

/**
 * Formats a client as a line of CLIENT LIST, with the fields of Redis 7.2 in its order. Sizes are
 * in bytes, times in seconds. A text chosen by the client can't start another field: separators in
 * it are replaced.
 */
public final class ClientLine {
  private static final ClientFlag[] FLAGS = ClientFlag.values();

  private ClientLine() {}

  static String of(ConnectedSession client, long nowMillis, boolean hidden) {
    StringBuilder line = new StringBuilder(320);
    append(line, client, nowMillis, hidden);
    return line.toString();
  }

  /** Appends the line of a client, without an end. */
  public static void append(StringBuilder line, ConnectedSession client, long nowMillis) {
    append(line, client, nowMillis, false);
  }

  /** Appends the line of a client; if {@code hidden}, without the names of client and user. */
  private static void append(
      StringBuilder line, ConnectedSession client, long nowMillis, boolean hidden) {
    ByteQueue query = client.input().kept();
    Subscriptions subscriptions = client.subscriptions();
    Command<?> command = client.lastCommand();
    long outputBytes = client.queuedOutputBytes();
    long unsentBytes = client.delivery().unsentBytes();
    long limitedBytes = Math.max(0, unsentBytes - client.delivery().unlimitedBytes());
    long bufferBytes = client.output().replies().windowBytes();
    line.append("id=").append(client.id());
    line.append(" addr=").append(word(client.address()));
    line.append(" laddr=").append(word(client.localAddress()));
    line.append(" fd=").append(client.socket().fd());
    line.append(" name=").append(hidden ? UserData.HIDDEN : word(client.names().name()));
    line.append(" age=").append(Math.max(0, nowMillis - client.createdMillis()) / 1000);
    line.append(" idle=").append(Math.max(0, nowMillis - client.lastInteractionMillis()) / 1000);
    line.append(" flags=");
    appendFlags(line, client);
    line.append(" db=").append(client.databaseIndex());
    line.append(" sub=").append(subscriptions.count(ChannelKind.CHANNEL));
    line.append(" psub=").append(subscriptions.count(ChannelKind.PATTERN));
    line.append(" ssub=").append(subscriptions.count(ChannelKind.SHARD_CHANNEL));
    line.append(" multi=").append(client.queuedCommands());
    line.append(" qbuf=").append(client.input().queryBytes());
    line.append(" qbuf-free=").append(query.freeBytes());
    line.append(" argv-mem=").append(argumentBytes(client));
    line.append(" multi-mem=").append(client.queuedCommandBytes());
    line.append(" rbs=").append(bufferBytes);
    line.append(" rbp=").append(bufferBytes);
    line.append(" obl=").append(unsentBytes - limitedBytes);
    line.append(" oll=").append(Math.ceilDiv(limitedBytes, Delivery.BLOCK_BYTES));
    line.append(" omem=").append(limitedBytes);
    line.append(" tot-mem=").append(client.memoryBytes());
    line.append(" events=").append(outputBytes > 0 ? "rw" : "r");
    line.append(" cmd=").append(command == null ? "NULL" : command.name());
    line.append(" user=").append(hidden ? UserData.HIDDEN : word(client.user().name()));
    line.append(" redir=").append(client.redirectId());
    line.append(" resp=").append(client.reply().resp());
    line.append(" lib-name=").append(word(client.names().library()));
    line.append(" lib-ver=").append(word(client.names().libraryVersion()));
    if (client.followsRedirects()) {
      line.append(" capa=r"); // of Valkey; other lines are as in Redis 7.2
    }
  }

  /** Returns the length of the received arguments of its current command. */
  private static long argumentBytes(ConnectedSession client) {
    Waiting waits = client.waiting();
    return waits != null ? waits.argumentBytes() : client.argumentBytes();
  }

  private static String word(ByteString text) {
    return text.isEmpty() ? "" : word(text.toString());
  }

  private static String word(String text) {
    return PlainText.of(text, " ");
  }

  /** Returns the letters of a client's flags, or {@code N} if it has none. */
  public static String flags(ClientSession client) {
    var letters = new StringBuilder();
    appendFlags(letters, client);
    return letters.toString();
  }

  private static void appendFlags(StringBuilder letters, ClientSession client) {
    int before = letters.length();
    for (ClientFlag flag : FLAGS) {
      boolean hidden = flag == ClientFlag.REPLICA && client.is(ClientFlag.MONITOR);
      if (client.is(flag) && !hidden) {
        letters.append(flag.letter());
      }
    }
    if (letters.length() == before) {
      letters.append('N');
    }
  }
}
