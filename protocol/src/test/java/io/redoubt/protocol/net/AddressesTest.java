package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import org.junit.jupiter.api.Test;

class AddressesTest {
  @Test
  void describesInternetAddresses() {
    assertThat(Addresses.describe(new InetSocketAddress("127.0.0.1", 6379)))
        .isEqualTo("127.0.0.1:6379");
    assertThat(Addresses.describe(new InetSocketAddress("::1", 6379))).isEqualTo("[::1]:6379");
  }

  @Test
  void describesUnixSocketsOfBothTransports() {
    assertThat(Addresses.describe(new DomainSocketAddress("/tmp/a.sock")))
        .isEqualTo("/tmp/a.sock:0");
    assertThat(Addresses.describe(UnixDomainSocketAddress.of("/tmp/a.sock")))
        .isEqualTo("/tmp/a.sock:0");
  }

  @Test
  void describesNoAddress() {
    assertThat(Addresses.describe(null)).isEqualTo("?:0");
  }

  @Test
  void onlyAUnixSocketWithAPathIsNamed() {
    assertThat(Addresses.isUnnamed(new DomainSocketAddress("/tmp/a.sock"))).isFalse();
    assertThat(Addresses.isUnnamed(UnixDomainSocketAddress.of("/tmp/a.sock"))).isFalse();
    assertThat(Addresses.isUnnamed(new DomainSocketAddress(""))).isTrue();
    assertThat(Addresses.isUnnamed(UnixDomainSocketAddress.of(""))).isTrue();
    assertThat(Addresses.isUnnamed(new InetSocketAddress("127.0.0.1", 1))).isTrue();
    assertThat(Addresses.isUnnamed(null)).isTrue();
  }
}
