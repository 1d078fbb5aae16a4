package io.redoubt.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.embedded.EmbeddedServer;
import java.net.InetSocketAddress;
import java.net.URI;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

@RedoubtTest
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class RedoubtTestTest {
  private static int port;

  private final EmbeddedServer server;

  RedoubtTestTest(EmbeddedServer server) {
    this.server = server;
  }

  @BeforeAll
  static void remember(InetSocketAddress address) {
    port = address.getPort();
  }

  @BeforeEach
  void findsItEmpty(EmbeddedServer used) {
    assertThat(used.execute("DBSIZE").number()).isZero();
  }

  @AfterEach
  void fill() {
    if (!server.isPaused()) {
      server.execute("SET", "left", "over");
    }
  }

  @Test
  @Order(1)
  void givesAddressAndUriOfTheClassServer(InetSocketAddress address, URI uri) {
    assertThat(address.getPort()).isEqualTo(port).isEqualTo(server.port());
    assertThat(uri).isEqualTo(server.uri());
  }

  @Test
  @Order(2)
  @RedoubtServers(config = {"maxmemory 10mb", "requirepass secret"})
  void givesATestItsOwn(EmbeddedServer own) {
    assertThat(own.port()).isNotEqualTo(port);
    assertThat(own.uri().toString()).startsWith("redis://:secret@");
    assertThat(own.execute("CONFIG", "GET", "maxmemory").elements().get(1).text())
        .isEqualTo("10485760");
  }

  @Test
  @Order(3)
  void mayPause() {
    server.pause();
  }

  @Nested
  final class Inner {
    @Test
    void sharesTheServerOfTheOuterClass(InetSocketAddress address) {
      assertThat(address.getPort()).isEqualTo(port);
    }
  }
}
