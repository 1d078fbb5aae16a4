package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.client.DebuggerInput;
import io.redoubt.server.client.ServerClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A debugging session of a script (SCRIPT DEBUG SYNC), from EVAL to its end: the client's requests
 * are debugger commands, answered by arrays of lines. While the script is stopped, other clients
 * are served as during a busy script, so that one of them can stop it with SCRIPT KILL.
 */
final class DebugSession implements AutoCloseable {
  private static final long POLL_NANOS = 1_000_000;

  private final ServerClient client;
  private final DebuggerInput input;
  private final EventsWhileBlocked whileBlocked;
  private final Clock clock;
  private final ReplyCollector collector;
  private final ReplyWriter result;
  private final List<ByteString> lines = new ArrayList<>();
  private long wentOnNanos;

  /**
   * Starts a session.
   *
   * @param whileBlocked serves other clients
   */
  DebugSession(
      ServerClient client, EventsWhileBlocked whileBlocked, Clock clock, BufferMemory memory) {
    this.client = client;
    this.whileBlocked = whileBlocked;
    this.clock = clock;
    wentOnNanos = clock.monotonicNanos();
    collector = new ReplyCollector(memory);
    result = new ReplyWriter(collector);
    result.setResp(client.reply().resp());
    input = new DebuggerInput(client);
    input.open();
  }

  /** Returns the writer of the script's own reply, which is kept until the session ends. */
  ReplyWriter result() {
    return result;
  }

  /**
   * Sends the pending lines and waits for the next command.
   *
   * @param isOver true if the script must stop
   * @return its words, or null if there are no more commands
   */
  @Nullable List<ByteString> next(BooleanSupplier isOver) {
    send();
    List<ByteString> command = input.poll();
    while (command == null && !input.isEnded() && !isOver.getAsBoolean()) {
      whileBlocked.serve(client, EventsWhileBlocked.Scope.DEBUGGER);
      command = input.poll();
      if (command == null && !input.isEnded()) {
        whileBlocked.serve(client, EventsWhileBlocked.Scope.ALL);
        LockSupport.parkNanos(POLL_NANOS);
      }
    }
    wentOnNanos = clock.monotonicNanos();
    return command;
  }

  /** Returns the time that the script has run since the last command, in nanoseconds. */
  long runningNanos() {
    return clock.monotonicNanos() - wentOnNanos;
  }

  /** Adds a line to the next answer. */
  void addLine(ByteString line) {
    lines.add(line);
  }

  private void send() {
    if (lines.isEmpty()) {
      return;
    }
    ReplyWriter reply = client.reply();
    reply.array(lines.size());
    for (ByteString line : lines) {
      reply.simple(line.toString());
    }
    lines.clear();
    client.flush();
  }

  /** Ends the session: sends the pending lines, then the script's own reply. */
  @Override
  public void close() {
    addLine(ByteString.of("<endsession>"));
    send();
    client.reply().raw(collector.memory(), collector.start(), collector.length());
    collector.close();
    input.close();
    client.closeAfterReply();
  }
}
