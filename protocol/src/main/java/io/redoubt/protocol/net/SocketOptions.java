package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import java.io.IOException;
import jdk.net.ExtendedSocketOptions;

/** Socket options with different names in epoll and NIO. */
final class SocketOptions {

  private static final int IPPROTO_IPV6 = 41;
  private static final int IPV6_V6ONLY = 26;
  private static final ChannelOption<Integer> V6_ONLY =
      new IntegerUnixChannelOption("IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY);

  private static final int SOL_SOCKET = 1;
  private static final int SO_MARK = 36;
  private static final ChannelOption<Integer> MARK =
      new IntegerUnixChannelOption("SO_MARK", SOL_SOCKET, SO_MARK);

  private static final int PROBES = 3;

  private SocketOptions() {}

  static void keepAlive(Channel channel, int idleSeconds) {
    int intervalSeconds = Math.max(1, idleSeconds / PROBES);
    if (channel instanceof EpollSocketChannel) {
      channel.config().setOption(EpollChannelOption.TCP_KEEPIDLE, idleSeconds);
      channel.config().setOption(EpollChannelOption.TCP_KEEPINTVL, intervalSeconds);
      channel.config().setOption(EpollChannelOption.TCP_KEEPCNT, PROBES);
    } else if (channel instanceof NioSocketChannel) {
      channel
          .config()
          .setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), idleSeconds);
      channel
          .config()
          .setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), intervalSeconds);
      channel.config().setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), PROBES);
    }
  }

  static void setUnacknowledgedTimeout(Channel channel, int millis) {
    if (channel instanceof EpollSocketChannel) {
      channel.config().setOption(EpollChannelOption.TCP_USER_TIMEOUT, millis);
    }
  }

  /**
   * Acknowledges at once what was received. Otherwise the kernel waits 40 ms for output to carry
   * the acknowledgement, and a peer that collects small packets waits for it.
   */
  static void acknowledge(Channel channel) {
    if (channel instanceof EpollSocketChannel) {
      channel.config().setOption(EpollChannelOption.TCP_QUICKACK, true);
    }
  }

  /** Holds back a packet that is not full until the connection is closed. */
  static void cork(Channel channel) {
    if (channel instanceof EpollSocketChannel) {
      channel.config().setOption(EpollChannelOption.TCP_CORK, true);
    }
  }

  /**
   * Sets the mark of a listener's packets; 0 for none.
   *
   * @throws IOException if the kernel refuses
   */
  static void setMark(Channel channel, int mark) throws IOException {
    if (mark != 0 && channel instanceof EpollServerSocketChannel) {
      try {
        channel.config().setOption(MARK, mark);
      } catch (ChannelException e) {
        throw new IOException("setsockopt SO_MARK (socket-mark-id): " + reason(e), e);
      }
    }
  }

  private static String reason(ChannelException e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    return String.valueOf(cause.getMessage()).replaceFirst("^.*failed: ", "");
  }

  /** Restricts an IPv6 listener to IPv6, so that both families can be bound. */
  static void onlyIpv6(Channel channel) {
    if (channel instanceof EpollServerSocketChannel) {
      channel.config().setOption(V6_ONLY, 1);
    }
  }
}
