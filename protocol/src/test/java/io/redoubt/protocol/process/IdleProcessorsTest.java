package io.redoubt.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The idle time of processors, on a machine and in a container that is granted a part of it. */
final class IdleProcessorsTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  @TempDir Path folder;

  private final AtomicLong now = new AtomicLong(-5 * SECOND);
  private final AtomicLong used = new AtomicLong();
  private Path file;
  private IdleProcessors processors;

  @BeforeEach
  void start() throws IOException {
    file = folder.resolve("stat");
    processors = new IdleProcessors(file, 4, now::get, used::get);
    idleTicks(1000);
    assertThat(processors.getAsLong()).isZero();
    now.addAndGet(SECOND);
  }

  private void idleTicks(long ticks) throws IOException {
    Files.writeString(file, "cpu  7 8 9 " + ticks + " 10 0 0 0 0 0\ncpu0 1 2 3 4\n");
  }

  @Test
  void isThatOfTheMachine() throws IOException {
    idleTicks(1150);
    used.addAndGet(2 * SECOND);
    assertThat(processors.getAsLong()).isEqualTo(3 * SECOND / 2);
  }

  @Test
  void isAtMostWhatTheContainerGrants() throws IOException {
    idleTicks(1000 + 60 * 100);
    used.addAndGet(7 * SECOND / 2);
    assertThat(processors.getAsLong()).isEqualTo(SECOND / 2);
  }

  @Test
  void doesNotShrinkWhereMoreIsUsedThanGranted() throws IOException {
    idleTicks(1000 + 60 * 100);
    used.addAndGet(5 * SECOND);
    assertThat(processors.getAsLong()).isZero();
  }

  @Test
  void isUnknownWithoutTheFile() throws IOException {
    Files.delete(file);
    assertThat(processors.getAsLong()).isNegative();
    Files.writeString(file, "cpu 1 2\n");
    assertThat(processors.getAsLong()).isNegative();
  }

  @Test
  void growsOnThisMachine() {
    IdleProcessors here = new IdleProcessors();
    assertThat(here.getAsLong()).isZero();
    assertThat(here.getAsLong()).isNotNegative();
  }
}
