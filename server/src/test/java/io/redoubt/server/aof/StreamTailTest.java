package io.redoubt.server.aof;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamTailTest {
  private static final String ID = "0123456789".repeat(4);

  @TempDir private Path directory;
  private Path path;
  private StreamTail tail;

  @BeforeEach
  void keepTenBytesUpToHundred() throws IOException {
    path = directory.resolve("appendonly.aof.backlog");
    tail = new StreamTail(new OsDisk(), path);
    tail.keep(new ReplicationPoint(3, ID, 100, ByteString.of("ten\nbytes!")));
  }

  private ReplicationPoint before(String id, long offset) throws IOException {
    return tail.before(new ReplicationPoint(3, id, offset));
  }

  @Test
  void writesIdOffsetsAndChecksum() throws IOException {
    assertThat(Files.readString(path))
        .matches("(?s)#STREAM: " + ID + " 91 100 [0-9a-f]{16}\nten\nbytes!");
    assertThat(directory.toFile().list()).hasSize(1);
  }

  @Test
  void restoresTheTailUpToTheDataSetsOffset() throws IOException {
    assertThat(before(ID, 100))
        .isEqualTo(new ReplicationPoint(3, ID, 100, ByteString.of("ten\nbytes!")));
    assertThat(before(ID, 93).tail()).isEqualTo(ByteString.of("ten"));
  }

  @Test
  void restoresNothingForAnotherOffset() throws IOException {
    assertThat(before(ID, 101).tail()).isEqualTo(ByteString.EMPTY);
    assertThat(before(ID, 90).tail()).isEqualTo(ByteString.EMPTY);
    assertThat(before("f".repeat(40), 100).tail()).isEqualTo(ByteString.EMPTY);
    Files.delete(path);
    assertThat(before(ID, 100)).isEqualTo(new ReplicationPoint(3, ID, 100));
  }

  @Test
  void ignoresADamagedFile() throws IOException {
    byte[] whole = Files.readAllBytes(path);
    for (int length = 0; length < whole.length; length++) {
      Files.write(path, Arrays.copyOf(whole, length));
      assertThat(before(ID, 100).tail()).as("%d bytes", length).isEqualTo(ByteString.EMPTY);
    }
    byte[] changed = new String(whole, US_ASCII).replace("ten", "Ten").getBytes(US_ASCII);
    Files.write(path, changed);
    assertThat(before(ID, 100).tail()).isEqualTo(ByteString.EMPTY);
  }
}
