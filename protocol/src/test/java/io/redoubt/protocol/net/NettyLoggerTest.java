package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NettyLoggerTest {
  @TempDir Path folder;
  private final InternalLoggerFactory before = InternalLoggerFactory.getDefaultFactory();
  private final Log log = Log.silent(Clock.system());

  @BeforeEach
  void use() throws IOException {
    log.setFile(folder.resolve("log"));
    NettyLogger.use(log);
  }

  @AfterEach
  void useAsBefore() {
    InternalLoggerFactory.setDefaultFactory(before);
  }

  private static InternalLogger logger(String name) {
    return InternalLoggerFactory.getInstance(name);
  }

  private String logged() throws IOException {
    Path file = folder.resolve("log");
    return Files.exists(file) ? Files.readString(file) : "";
  }

  @Test
  void writesWarningsAndErrorsOfAllForms() throws IOException {
    InternalLogger logger = logger("io.netty.channel.DefaultChannelPipeline");
    logger.warn("unhandled");
    logger.warn("one {}", 1);
    logger.warn("two {} {}", 1, 2);
    logger.error("three {} {} {}", 1, 2, 3);
    logger.error("broken", new IOException("full"));
    assertThat(logged().lines().map(line -> line.substring(line.indexOf('#'))))
        .containsExactly(
            "# io.netty.channel.DefaultChannelPipeline: unhandled",
            "# io.netty.channel.DefaultChannelPipeline: one 1",
            "# io.netty.channel.DefaultChannelPipeline: two 1 2",
            "# io.netty.channel.DefaultChannelPipeline: three 1 2 3",
            "# io.netty.channel.DefaultChannelPipeline: broken: java.io.IOException: full");
  }

  @Test
  void writesDetailsForDebuggingOnly() throws IOException {
    InternalLogger logger = logger("io.netty.channel.epoll.Native");
    logger.info("usual");
    assertThat(logger.isDebugEnabled()).isFalse();
    log.setLevel(Log.Level.DEBUG);
    assertThat(logger.isDebugEnabled()).isTrue();
    logger.debug("detail {}", 1);
    logger.trace("never");
    assertThat(logged()).doesNotContain("usual", "never").contains("detail 1");
  }

  @Test
  void takesMissingHardwareForADetail() throws IOException {
    logger("io.netty.util.internal.MacAddressUtil").warn("no hardware address");
    logger("io.netty.util.NetUtilInitializations").warn("no loopback");
    assertThat(logged()).isEmpty();
    logger("io.netty.util.internal.logging.Any").error("broken");
    assertThat(logged()).contains("broken");
  }
}
