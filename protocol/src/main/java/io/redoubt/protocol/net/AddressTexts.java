package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of a connection in the form of {@link Addresses#describe}, kept once they were
 * asked for: a list of many clients shows them all.
 */
final class AddressTexts {
  private final boolean unix;
  private @Nullable String remote;
  private @Nullable String local;

  AddressTexts(boolean unix) {
    this.unix = unix;
  }

  String remote(Channel channel) {
    String text = remote;
    if (text == null) {
      text = describe(channel, channel.remoteAddress());
      remote = channel.isActive() ? text : null;
    }
    return text;
  }

  String local(Channel channel) {
    String text = local;
    if (text == null) {
      text = describe(channel, channel.localAddress());
      local = channel.isActive() ? text : null;
    }
    return text;
  }

  private String describe(Channel channel, @Nullable SocketAddress address) {
    if (unix) {
      SocketAddress path = channel.localAddress();
      if (Addresses.isUnnamed(path)) {
        path = channel.remoteAddress();
      }
      return Addresses.describe(path);
    }
    return Addresses.describe(address);
  }
}
