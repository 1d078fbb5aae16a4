package io.redoubt.embedded;

import io.redoubt.protocol.net.Chunk;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.net.Transport;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a {@link MemberLink}, which forwards bytes in both directions, in order. A cut
 * link forwards nothing, not even the end of the connection, and a new connection is open without a
 * peer, as on a network that drops packets. Confined to the transport's loop.
 */
final class Relay {
  private static final int CONNECT_TIMEOUT_MILLIS = 3000;

  /** The number of bytes in transit in one direction at which the sender is paused. */
  private static final int MAX_WAITING_BYTES = 1 << 20;

  private static final byte[] END = {};

  private final Transport transport;
  private final InetSocketAddress target;
  private final MemberLink link;
  private final Side near;
  private final Side far = new Side(null);
  private boolean dialed;

  Relay(Transport transport, InetSocketAddress target, MemberLink link, Connection accepted) {
    this.transport = transport;
    this.target = target;
    this.link = link;
    near = new Side(accepted);
    accepted.setHandler(near);
  }

  /** Adapts to a change of the link's state. */
  void onLinkChange() {
    if (!dialed && !link.isCut()) {
      dialed = true;
      transport.connect(target, null, CONNECT_TIMEOUT_MILLIS, far);
    }
    near.pump();
    far.pump();
  }

  /** One end of the connection, with the bytes received from it and not yet forwarded. */
  private final class Side implements Connection.Handler {
    private final Deque<byte[]> waiting = new ArrayDeque<>();
    private @Nullable Connection connection;
    private long waitingBytes;
    private int due;
    private boolean ended;

    Side(@Nullable Connection connection) {
      this.connection = connection;
    }

    private Side peer() {
      return this == near ? far : near;
    }

    @Override
    public void onOpen(Connection opened) {
      connection = opened;
      onLinkChange();
    }

    @Override
    public void onBytes(Connection from, MemorySegment memory, long start, long finish) {
      byte[] bytes = new byte[Math.toIntExact(finish - start)];
      MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, start, bytes, 0, bytes.length);
      add(bytes);
    }

    @Override
    public void onReadDone(Connection from) {
      // Each part is forwarded at once.
    }

    @Override
    public void onWritable(Connection to) {
      peer().pump();
    }

    @Override
    public void onClose(Connection closed, @Nullable Throwable cause) {
      add(END);
    }

    private void add(byte[] bytes) {
      if (ended) {
        return;
      }
      ended = bytes.length == 0;
      waiting.add(bytes);
      waitingBytes += bytes.length;
      long delay = link.delayMillis();
      if (delay == 0 && due == waiting.size() - 1) {
        due++;
        pump();
      } else {
        transport
            .loop()
            .schedule(
                () -> {
                  due++;
                  pump();
                },
                delay);
      }
    }

    /** Forwards the due bytes, as long as the link passes them and the receiver accepts them. */
    void pump() {
      Connection to = peer().connection;
      while (due > 0 && !link.isCut() && to != null && to.queuedBytes() < MAX_WAITING_BYTES) {
        byte[] bytes = waiting.remove();
        due--;
        if (bytes.length == 0) {
          to.closeAfterFlush();
          link.remove(Relay.this);
          return;
        }
        waitingBytes -= bytes.length;
        write(to, bytes);
      }
      Connection from = connection;
      if (from != null && !ended) {
        from.reading(!link.isCut() && waitingBytes < MAX_WAITING_BYTES);
      }
    }

    private static void write(Connection to, byte[] bytes) {
      Chunk chunk = to.newChunk(bytes.length);
      MemorySegment.copy(
          bytes, 0, chunk.memory(), ValueLayout.JAVA_BYTE, chunk.start(), bytes.length);
      to.send(chunk, chunk.start() + bytes.length);
      to.flush();
    }
  }
}
