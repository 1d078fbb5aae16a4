package io.redoubt.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SmallFileTest {
  @TempDir private Path directory;

  private Path ofSize(long bytes) throws IOException {
    Path file = directory.resolve("file");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(bytes);
    }
    return file;
  }

  @Test
  void readsUpToTheLimit() throws IOException {
    int limit = SmallFile.limitBytes();
    assertThat(SmallFile.bytes(ofSize(limit))).hasSize(limit);
    assertThatThrownBy(() -> SmallFile.bytes(ofSize(limit + 1L)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is larger than " + (limit >> 20) + " MB");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void refusesAFileWithoutEnd() {
    assertThatThrownBy(() -> SmallFile.bytes(Path.of("/dev/zero")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is larger than");
  }
}
