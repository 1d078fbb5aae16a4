package io.redoubt.persistence.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OsDiskTest {

  private final Disk disk = new OsDisk();

  @TempDir Path directory;

  private static MemorySegment bytes(String text) {
    return MemorySegment.ofArray(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void writesAppendsReadsAndTruncates() throws IOException {
    Path path = directory.resolve("file");
    try (DiskFile file = disk.create(path)) {
      file.write(bytes("--hello--"), 2, 5);
      file.sync();
    }
    try (DiskFile file = disk.append(path)) {
      file.write(bytes(" world"), 0, 6);
      assertThat(file.size()).isEqualTo(11);
    }
    assertThat(disk.size(path)).isEqualTo(11);
    byte[] read = new byte[20];
    try (DiskFile file = disk.read(path)) {
      assertThat(file.read(MemorySegment.ofArray(read), 3, 17)).isEqualTo(11);
      assertThat(file.read(MemorySegment.ofArray(read), 0, 1)).isEqualTo(-1);
    }
    assertThat(new String(read, 3, 11, StandardCharsets.US_ASCII)).isEqualTo("hello world");
    try (DiskFile file = disk.append(path)) {
      file.truncate(5);
    }
    assertThat(Files.readString(path)).isEqualTo("hello");
  }

  @Test
  void writesMoreThanASystemCall() throws IOException {
    Path path = directory.resolve("large");
    try (Arena arena = Arena.ofConfined();
        DiskFile file = disk.create(path)) {
      MemorySegment memory = arena.allocate(9 << 20);
      memory.fill((byte) 7);
      file.write(memory, 1, memory.byteSize() - 1);
    }
    assertThat(Files.readAllBytes(path)).hasSize((9 << 20) - 1).containsOnly(7);
  }

  @Test
  void replacesByRenameAndDeletes() throws IOException {
    Path from = directory.resolve("b");
    Path to = directory.resolve("a");
    Files.writeString(from, "new");
    Files.writeString(to, "old");
    disk.rename(from, to);
    disk.syncDirectory(directory);
    assertThat(Files.readString(to)).isEqualTo("new");
    assertThat(disk.exists(from)).isFalse();
    assertThat(disk.delete(to)).isTrue();
    assertThat(disk.delete(to)).isFalse();
    assertThatThrownBy(() -> disk.read(to)).isInstanceOf(NoSuchFileException.class);
  }
}
