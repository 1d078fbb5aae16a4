package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A socket that an {@link IoThread} serves, as the connection over it sees it. Confined to the
 * owner's loop.
 */
interface LentSocket {
  /**
   * Returns an empty output, which the thread writes.
   *
   * @param stats counts the flushes
   * @param onDrained called once output that was not written at once is written
   */
  SocketOutput newOutput(LoopStats stats, Runnable onDrained);

  /** Changes the socket's options, on its thread. Ignores errors on a closed socket. */
  void change(Consumer<Channel> change);

  /** Passes on what may be the peer's end. */
  void passHeld();

  /** Returns the session of the encryption; null without encryption or before its handshake. */
  @Nullable SSLSession session();

  /** Returns the file descriptor; -1 if the transport does not expose it. */
  int fd();
}
