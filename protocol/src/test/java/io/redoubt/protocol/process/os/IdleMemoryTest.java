package io.redoubt.protocol.process.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class IdleMemoryTest {
  private static final int SIZE = 8 << 20;
  private static final int PROT_READ = 1;

  @TempDir private Path folder;

  @BeforeEach
  void assumeLinux() {
    assumeTrue(Files.exists(Path.of("/proc/self/pagemap")), "not on Linux");
  }

  @Test
  void dropsPagesOfFilesThatReturnUnchanged() throws Exception {
    byte[] content = new byte[SIZE];
    for (int i = 0; i < SIZE; i++) {
      content[i] = (byte) (i * 31 >> 3);
    }
    Path file = Files.write(folder.resolve("file"), content);
    try (FileChannel channel = FileChannel.open(file);
        Arena arena = Arena.ofShared()) {
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, SIZE, arena);
      assertThat(mapped.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(content);
      assertThat(residentKilobytes(file)).isEqualTo(SIZE >> 10);

      assertThat(IdleMemory.ofThisProcess().orElseThrow().release()).isGreaterThanOrEqualTo(SIZE);

      assertThat(residentKilobytes(file)).isZero();
      assertThat(mapped.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(content);
    }
  }

  @Test
  void leavesMappingsThatCanBeWritten() throws Exception {
    Path file = Files.write(folder.resolve("file"), new byte[SIZE]);
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        Arena arena = Arena.ofShared()) {
      MemorySegment mapped = channel.map(FileChannel.MapMode.PRIVATE, 0, SIZE, arena);
      mapped.fill((byte) 7);

      IdleMemory.ofThisProcess().orElseThrow().release();

      assertThat(residentKilobytes(file)).isEqualTo(SIZE >> 10);
      assertThat(mapped.toArray(ValueLayout.JAVA_BYTE)).containsOnly(7);
    }
  }

  /** Such pages, for instance relocated constants of a library, exist nowhere else. */
  @Test
  @SuppressWarnings("restricted") // mprotect of a mapping made by the test
  void leavesPagesThatWereWrittenBeforeTheMappingBecameReadOnly() throws Throwable {
    Path file = Files.write(folder.resolve("file"), new byte[SIZE]);
    Linker linker = Linker.nativeLinker();
    MethodHandle mprotect =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("mprotect"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        Arena arena = Arena.ofShared()) {
      MemorySegment mapped = channel.map(FileChannel.MapMode.PRIVATE, 0, SIZE, arena);
      mapped.asSlice(SIZE / 4, SIZE / 2).fill((byte) 7);
      assertThat((int) mprotect.invokeExact(mapped, (long) SIZE, PROT_READ)).isZero();

      IdleMemory.ofThisProcess().orElseThrow().release();

      assertThat(mapped.asSlice(SIZE / 4, SIZE / 2).toArray(ValueLayout.JAVA_BYTE)).containsOnly(7);
    }
  }

  private static long residentKilobytes(Path file) throws Exception {
    List<String> lines = Files.readAllLines(Path.of("/proc/self/smaps"));
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).endsWith(file.toRealPath().toString())) {
        for (int field = i + 1; field < lines.size(); field++) {
          if (lines.get(field).startsWith("Rss:")) {
            return Long.parseLong(lines.get(field).replaceAll("[^0-9]", ""));
          }
        }
      }
    }
    throw new AssertionError("not mapped: " + file);
  }
}
