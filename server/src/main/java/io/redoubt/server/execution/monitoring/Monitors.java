package io.redoubt.server.execution.monitoring;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.SharedMessage;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.server.client.ServerClient;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The clients in MONITOR. Each executed command is formatted once, off the heap, and sent to all of
 * them. Closed clients are removed when the next command is shown. Confined to the loop.
 */
public final class Monitors {
  /** The flags of commands that are not shown after they ran. */
  private static final long HIDDEN = Flag.ADMIN.bit() | Flag.SKIP_MONITOR.bit();

  /** The capacity above which the buffer of a line is freed after use. */
  private static final long MAX_KEPT_BYTES = 64 * 1024;

  private static final byte[] REDACTED = "\"(redacted)\"".getBytes(UTF_8);
  private static final byte[] QUOTE = {'"'};
  private static final byte[] SPACE = {' '};
  private static final byte[] END = {'\r', '\n'};

  private final Clock clock;
  private final Log log;
  private final List<ServerClient> clients = new ArrayList<>();
  private final ReplyCollector line;
  private final ReplyWriter writer;

  /** Creates an empty set; lines are formatted in memory of {@code memory}. */
  public Monitors(BufferMemory memory, Clock clock, Log log) {
    this.clock = clock;
    this.log = log;
    line = new ReplyCollector(memory);
    writer = new ReplyWriter(line);
  }

  /** Returns true if there are no monitors. */
  boolean isEmpty() {
    return clients.isEmpty();
  }

  /** Adds a client as a monitor; returns false if it is already one, or a replica. */
  public boolean add(ServerClient client) {
    if (client.is(ClientFlag.REPLICA)) {
      return false;
    }
    client.becomeMonitor();
    clients.add(client);
    return true;
  }

  /** Shows a command that runs others, such as EVAL, before the others. */
  void starts(ServerClient client, Command<?> command, Request request, boolean inScript) {
    if (command.has(Flag.SKIP_MONITOR)) {
      show(client, command, request, inScript);
    }
  }

  /** Shows a command that ran, unless it is an administrative one. */
  void ran(ServerClient client, Command<?> command, Request request, boolean inScript) {
    if ((command.flags() & HIDDEN) == 0) {
      show(client, command, request, inScript);
    }
  }

  void show(ServerClient client, Command<?> command, Request request, boolean inScript) {
    clients.removeIf(each -> !each.is(ClientFlag.MONITOR) || each.isEnding());
    if (clients.isEmpty()) {
      line.close();
      return;
    }
    try {
      line.clear();
      format(client, command, request, inScript);
      var message = new SharedMessage(to -> to.raw(line.memory(), line.start(), line.length()));
      for (ServerClient each : clients) {
        each.feed(message);
      }
    } catch (OutOfMemoryError full) { // the command itself has succeeded
      log.warning("Closing all monitors: out of memory for a command to show them.");
      clients.forEach(ServerClient::closeSoon);
    }
    if (line.length() > MAX_KEPT_BYTES) {
      line.close();
    }
  }

  private void format(ServerClient client, Command<?> command, Request request, boolean inScript) {
    long micros = clock.wallMicros();
    StringBuilder head = new StringBuilder(64);
    head.append('+').append(micros / 1_000_000).append('.');
    String fraction = Long.toString(micros % 1_000_000);
    head.repeat("0", 6 - fraction.length()).append(fraction);
    head.append(" [").append(client.databaseIndex()).append(' ');
    head.append(inScript ? "lua" : origin(client)).append("] ");
    writer.raw(head.toString().getBytes(UTF_8));
    for (int i = 0; i < request.count(); i++) {
      if (i > 0) {
        writer.raw(SPACE);
      }
      if (command.isSecret(request, i)) {
        writer.raw(REDACTED);
      } else {
        quote(request.memory(), request.offset(i), request.length(i));
      }
    }
    writer.raw(END);
  }

  private static String origin(ServerClient client) {
    String address = client.address();
    if (!client.is(ClientFlag.UNIX_SOCKET)) {
      return address;
    }
    int colon = address.lastIndexOf(':');
    return "unix:" + (colon < 0 ? address : address.substring(0, colon));
  }

  /** Writes an argument in quotes; runs of printable bytes are copied as a whole. */
  private void quote(MemorySegment memory, long offset, int length) {
    writer.raw(QUOTE);
    int plain = 0;
    for (int i = 0; i < length; i++) {
      byte[] escape = Quoting.escape(memory.get(ValueLayout.JAVA_BYTE, offset + i));
      if (escape != null) {
        writer.raw(memory, offset + plain, i - plain);
        writer.raw(escape);
        plain = i + 1;
      }
    }
    writer.raw(memory, offset + plain, length - plain);
    writer.raw(QUOTE);
  }
}
