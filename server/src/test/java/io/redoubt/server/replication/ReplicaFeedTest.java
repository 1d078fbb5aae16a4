package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.replication.stream.TransferFrames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the bytes that a master sends to a replica. */
class ReplicaFeedTest {
  @TempDir private Path directory;

  @Test
  void endsAFullSyncWithTheMarkAndStreamsAfterTheFirstAck() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        Wire replica = new Wire(master)) {
      replica.send("REPLCONF listening-port 7777 ip-address 10.1.2.3");
      replica.expect("+OK\r\n");
      replica.send("REPLCONF capa eof capa psync2");
      replica.expect("+OK\r\n");
      replica.send("PSYNC ? -1");
      assertThat(replica.line()).matches("\\+FULLRESYNC [0-9a-f]{40} 0");
      String header = replica.line();
      assertThat(header).matches("\\$EOF:[0-9a-f]{40}");
      String mark = header.substring(5);
      assertThat(replica.until(mark)).startsWith("REDIS00");
      assertThat(master.info("replication", "slave0"))
          .isEqualTo("ip=10.1.2.3,port=7777,state=online,offset=0,lag=0");
      master.ask("SET a 1");
      replica.send("REPLCONF ACK 0");
      replica.expect("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n");
    }
  }

  @Test
  void interleavesStreamAndSnapshotForAReplicaThatBuffersIt() throws Exception {
    try (ReplicationNode master =
            ReplicationNode.ours(directory, "rdb-key-save-delay 20000", "rdbcompression no");
        Wire replica = new Wire(master)) {
      String value = "x".repeat(30_000);
      for (int i = 0; i < 30; i++) {
        master.ask("SET key:" + i + " " + value);
      }
      replica.send("REPLCONF capa eof capa psync2 capa interleave:1000000");
      replica.expect("+OK\r\n");
      replica.send("PSYNC ? -1");
      assertThat(replica.line()).matches("\\+FULLRESYNC [0-9a-f]{40} 0");
      replica.expect("$INTERLEAVED\r\n");
      master.ask("SET a 1");
      StringBuilder snapshot = new StringBuilder();
      StringBuilder stream = new StringBuilder();
      assertThat(replica.frames(snapshot, stream)).as("stream before the last part").isTrue();
      assertThat(snapshot).startsWith("REDIS00").hasSizeGreaterThan(30 * 30_000);
      String commands =
          "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
      assertThat(stream).hasToString(commands);
      assertThat(master.info("replication", "slave0")).contains("state=online,offset=0");
      master.ask("SET b 2");
      replica.expect("*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n");
      assertThat(master.info("stats", "sync_interleaved")).isEqualTo("1");
      assertThat(master.log())
          .contains("* The stream is interleaved with the RDB for replica " + replica.name());
    }
  }

  @Test
  void interleavesNoMoreThanTheReplicaBuffers() throws Exception {
    try (ReplicationNode master =
            ReplicationNode.ours(directory, "rdb-key-save-delay 20000", "rdbcompression no");
        Wire replica = new Wire(master)) {
      String value = "x".repeat(30_000);
      for (int i = 0; i < 30; i++) {
        master.ask("SET key:" + i + " " + value);
      }
      replica.send("REPLCONF capa eof capa psync2 capa interleave:40");
      replica.expect("+OK\r\n");
      replica.send("PSYNC ? -1");
      replica.line();
      replica.expect("$INTERLEAVED\r\n");
      master.ask("SET a 1");
      StringBuilder stream = new StringBuilder();
      replica.frames(new StringBuilder(), stream);
      assertThat(stream).hasToString("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\n");
      replica.expect("a\r\n$1\r\n1\r\n");
    }
  }

  @Test
  void sendsTheStreamAfterTheSnapshotIfInterleavingIsOff() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "repl-interleaved-sync no");
        Wire replica = new Wire(master);
        Wire tool = new Wire(master);
        Wire unlimited = new Wire(master)) {
      replica.send("REPLCONF capa eof capa interleave:1000000");
      replica.expect("+OK\r\n");
      replica.send("PSYNC ? -1");
      replica.line();
      assertThat(replica.line()).startsWith("$EOF:");
      master.ask("CONFIG SET repl-interleaved-sync yes");
      tool.send("REPLCONF capa eof capa interleave:1000000 rdb-only 1");
      tool.expect("+OK\r\n");
      tool.send("PSYNC ? -1");
      tool.line();
      assertThat(tool.line()).startsWith("$EOF:");
      master.call(
          "CONFIG".getBytes(UTF_8),
          "SET".getBytes(UTF_8),
          "client-output-buffer-limit".getBytes(UTF_8),
          "replica 0 0 0".getBytes(UTF_8));
      unlimited.send("REPLCONF capa eof capa interleave:1000000");
      unlimited.expect("+OK\r\n");
      unlimited.send("PSYNC ? -1");
      unlimited.line();
      assertThat(unlimited.line()).startsWith("$EOF:");
      assertThat(master.info("stats", "sync_interleaved")).isEqualTo("0");
    }
  }

  @Test
  void sendsTheLengthToAReplicaThatDoesNotKnowTheMark() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        Wire replica = new Wire(master)) {
      replica.send("SYNC");
      String header = replica.line();
      assertThat(header).matches("\\$\\d+");
      assertThat(replica.bytes(Integer.parseInt(header.substring(1)))).startsWith("REDIS00");
      master.ask("SELECT 1");
      master.ask("SET a 1");
      replica.expect("*2\r\n$6\r\nSELECT\r\n$1\r\n1\r\n*3\r\n$3\r\nSET\r\n");
    }
  }

  @Test
  void sendsTheMissingBytesInAPartialSync() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        Wire first = new Wire(master);
        Wire second = new Wire(master)) {
      first.send("REPLCONF capa eof");
      first.expect("+OK\r\n");
      first.send("PSYNC ? -1");
      String id = first.line().split(" ")[1];
      first.until(first.line().substring(5));
      master.ask("SET a 1");
      second.send("REPLCONF capa psync2");
      second.expect("+OK\r\n");
      second.send("PSYNC " + id + " 24");
      second.expect("+CONTINUE " + id + "\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n");
    }
  }

  @Test
  void sendsToolsTheSnapshotAloneOrWithoutKeys() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory);
        Wire whole = new Wire(master);
        Wire functions = new Wire(master);
        Wire nothing = new Wire(master)) {
      master.ask("SET sentinel-key 1");
      String library = "#!lua name=lib\nredis.register_function('f', function() return 1 end)";
      master.call("FUNCTION".getBytes(UTF_8), "LOAD".getBytes(UTF_8), library.getBytes(UTF_8));
      for (Wire tool : new Wire[] {whole, functions, nothing}) {
        tool.send("REPLCONF capa eof rdb-only 1");
        tool.expect("+OK\r\n");
      }
      functions.send("REPLCONF rdb-filter-only functions");
      functions.expect("+OK\r\n");
      whole.send("SYNC");
      assertThat(whole.until(whole.line().substring(5))).contains("sentinel-key");
      assertThat(whole.isAtEnd()).isTrue();
      functions.send("SYNC");
      assertThat(functions.until(functions.line().substring(5)))
          .startsWith("REDIS0010")
          .contains("#!lua name=lib")
          .doesNotContain("sentinel-key");
      assertThat(functions.isAtEnd()).isTrue();
      nothing.send("REPLCONF rdb-filter-only \"\"");
      nothing.expect("+OK\r\n");
      nothing.send("SYNC");
      assertThat(nothing.until(nothing.line().substring(5)))
          .startsWith("REDIS0009")
          .doesNotContain("#!lua");
    }
  }

  @Test
  void disconnectsAReplicaBeyondItsOutputLimit() throws Exception {
    try (ReplicationNode master =
            ReplicationNode.ours(directory, "client-output-buffer-limit replica 4mb 0 0");
        Wire replica = new Wire(master)) {
      replica.send("REPLCONF capa eof");
      replica.expect("+OK\r\n");
      replica.send("PSYNC ? -1");
      replica.line();
      replica.until(replica.line().substring(5));
      replica.send("REPLCONF ACK 0");
      String value = "x".repeat(1_000_000);
      until(
          "the limit",
          () -> {
            master.ask("SET big " + value);
            return master.info("replication", "connected_slaves").equals("0");
          });
      assertThat(master.log())
          .anyMatch(line -> line.contains("closed ASAP for overcoming of output buffer limits"))
          .anyMatch(line -> line.matches("# Replica 127.0.0.1:.* is dropped: \\d+ bytes wait .*"))
          .anyMatch(line -> line.startsWith("# Connection with replica 127.0.0.1:"));
      assertThat(master.info("replication", "repl_backlog_histlen")).isEqualTo("1048576");
    }
  }

  @Test
  void refusesUnknownReplconfOptions() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory)) {
      assertThat(master.ask("REPLCONF")).isEqualTo("OK");
      assertThat(master.ask("REPLCONF listening-port")).isEqualTo("ERR syntax error");
      assertThat(master.ask("REPLCONF listening-port x"))
          .isEqualTo("ERR value is not an integer or out of range");
      assertThat(master.ask("REPLCONF ip-address " + "x".repeat(300)))
          .isEqualTo("ERR REPLCONF ip-address provided by replica instance is too long: 300 bytes");
      assertThat(master.ask("REPLCONF foo bar")).isEqualTo("ERR Unrecognized REPLCONF option: foo");
      assertThat(master.ask("REPLCONF rdb-only 2"))
          .isEqualTo("ERR value is out of range, value must between 0 and 1");
      assertThat(master.ask("REPLCONF rdb-filter-only foo"))
          .isEqualTo("ERR Unsupported rdb-filter-only option: foo");
      assertThat(master.ask("REPLCONF rdb-filter-only functions")).isEqualTo("OK");
      assertThat(master.ask("SYNC")).isEqualTo("ERR Filtered replica requires EOF capability");
      assertThat(master.ask("REPLCONF capa eof")).isEqualTo("OK");
      assertThat(master.ask("PSYNC ? x")).isEqualTo("ERR value is not an integer or out of range");
    }
  }

  /** A raw connection to a master. */
  private static final class Wire implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;

    private final Socket socket;

    Wire(ReplicationNode master) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), master.port());
      socket.setSoTimeout(TIMEOUT_MILLIS);
    }

    void send(String line) throws IOException {
      socket.getOutputStream().write((line + "\r\n").getBytes(ISO_8859_1));
    }

    String bytes(int count) throws IOException {
      return new String(socket.getInputStream().readNBytes(count), ISO_8859_1);
    }

    void expect(String text) throws IOException {
      assertThat(bytes(text.length())).isEqualTo(text);
    }

    /** Returns the replica's name in the master's log. */
    String name() {
      return "127.0.0.1:<unknown-replica-port>";
    }

    /**
     * Reads frames up to the end of the snapshot.
     *
     * @return true if part of the stream arrived before the end of the snapshot
     */
    boolean frames(StringBuilder snapshot, StringBuilder stream) throws IOException {
      boolean between = false;
      while (true) {
        byte[] prefix = socket.getInputStream().readNBytes(TransferFrames.PREFIX_BYTES);
        String content = bytes(ByteBuffer.wrap(prefix).getInt(1));
        switch (prefix[0]) {
          case 'S' -> {
            snapshot.append(content);
            between |= !stream.isEmpty();
          }
          case 'C' -> stream.append(content);
          default -> {
            return between;
          }
        }
      }
    }

    /** Returns the next non-empty line, without its terminator. */
    String line() throws IOException {
      String line;
      do {
        line = until("\n").strip();
      } while (line.isEmpty());
      return line;
    }

    /** Reads up to and including a text and returns the bytes before it. */
    String until(String end) throws IOException {
      ByteArrayOutputStream read = new ByteArrayOutputStream();
      while (!read.toString(ISO_8859_1).endsWith(end)) {
        int next = socket.getInputStream().read();
        if (next < 0) {
          throw new IOException("the connection ends after " + read.toString(ISO_8859_1));
        }
        read.write(next);
      }
      return read.toString(ISO_8859_1).substring(0, read.size() - end.length());
    }

    boolean isAtEnd() throws IOException {
      return socket.getInputStream().read() < 0;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
