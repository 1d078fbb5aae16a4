package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.rdb.BlockOutput;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.BufferMemory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Tests a replica's requests and reactions with a scripted, misbehaving master. */
@Execution(ExecutionMode.CONCURRENT)
class MasterLinkTest {
  private static final String ID = "a".repeat(40);

  @TempDir private Path directory;

  @Test
  void resumesBeforeAnIncompleteTransaction() throws Exception {
    try (Master master = new Master();
        ReplicationNode replica =
            ReplicationNode.ours(directory, "replicaof 127.0.0.1 " + master.port())) {
      master.accept();
      master.fullSync(1000);
      master.expect("REPLCONF ACK 1000");
      String set = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
      master.send(set);
      until("the command", () -> replica.ask("GET a").equals("1"));
      assertThat(replica.offset()).isEqualTo(1000 + set.length());
      String begun = "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n2\r\n";
      master.send(begun);
      until(
          "the half transaction",
          () ->
              replica
                  .info("replication", "slave_read_repl_offset")
                  .equals(Long.toString(1000 + set.length() + begun.length())));
      assertThat(replica.info("replication"))
          .containsEntry("slave_repl_offset", Long.toString(1000 + set.length()));
      master.cut();
      master.accept();
      master.introduction();
      master.expect("PSYNC " + ID + " " + (1001 + set.length()));
      String end = "*1\r\n$4\r\nEXEC\r\n";
      master.send("+CONTINUE\r\n" + begun + end);
      until("the transaction", () -> replica.ask("GET a").equals("2"));
      assertThat(replica.offset()).isEqualTo(1000 + set.length() + begun.length() + end.length());
    }
  }

  @Test
  void acknowledgesWhenAsked() throws Exception {
    try (Master master = new Master();
        ReplicationNode replica =
            ReplicationNode.ours(directory, "replicaof 127.0.0.1 " + master.port())) {
      master.accept();
      master.fullSync(0);
      master.expect("REPLCONF ACK 0");
      master.send("*1\r\n$4\r\nPING\r\n*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n");
      master.expectLater("REPLCONF ACK 51");
      assertThat(replica.offset()).isEqualTo(51);
    }
  }

  /** As in Redis, a directive forbids commands of the master, too. */
  @Test
  void runsNoDebugCommandOfItsMaster() throws Exception {
    try (Master master = new Master();
        ReplicationNode replica =
            ReplicationNode.ours(
                directory, "replicaof 127.0.0.1 " + master.port(), "enable-debug-command no")) {
      master.accept();
      master.fullSync(0);
      master.expect("REPLCONF ACK 0");
      String sleep = "$5\r\nDEBUG\r\n$5\r\nSLEEP\r\n$1\r\n0\r\n";
      String stream =
          "*3\r\n"
              + sleep
              + "*7\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n$0\r\n\r\n"
              + sleep
              + "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
      master.send(stream);
      until("the command", () -> replica.ask("GET a").equals("1"));
      assertThat(replica.info("commandstats", "cmdstat_debug"))
          .contains("calls=0,")
          .contains("rejected_calls=2");
      assertThat(replica.offset()).isEqualTo(stream.length());
    }
  }

  @Test
  void keepsItsDataIfTheTransferBreaks() throws Exception {
    try (Master master = new Master();
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      replica.ask("SET mine 1");
      replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      master.accept();
      master.introduction();
      master.requestLine();
      master.send("+FULLRESYNC " + ID + " 10\r\n$100\r\nREDIS0009");
      until(
          "the transfer", () -> replica.info("replication", "master_sync_read_bytes").equals("9"));
      assertThat(replica.info("replication"))
          .containsEntry("master_sync_in_progress", "1")
          .containsEntry("master_sync_total_bytes", "100")
          .containsEntry("master_sync_left_bytes", "91")
          .containsEntry("master_sync_perc", "9.00");
      master.cut();
      until(
          "the cut to be noticed",
          () -> replica.log().contains("# I/O error trying to sync with MASTER: connection lost"));
      assertThat(replica.ask("GET mine")).isEqualTo("1");
      assertThat(directory).isDirectoryNotContaining("glob:**/temp-*");
    }
  }

  @Test
  void discardsACorruptDataSet() throws Exception {
    try (Master master = new Master();
        ReplicationNode replica =
            ReplicationNode.ours(directory, "replica-refuse-empty-master no")) {
      replica.ask("SET mine 1");
      replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      master.accept();
      master.introduction();
      master.requestLine();
      master.send("+FULLRESYNC " + ID + " 10\r\n$20\r\nREDIS0009aaaaaaaaaaa");
      until(
          "the failure",
          () ->
              replica.log().stream()
                  .anyMatch(line ->
                      line.startsWith(
                          "# Failed trying to load the MASTER synchronization DB from disk")));
      assertThat(replica.ask("GET mine")).startsWith("MASTERDOWN ");
      assertThat(replica.ask("BGSAVE")).startsWith("MASTERDOWN ");
      assertThat(replica.ask("CONFIG SET appendonly yes")).startsWith("LOADING ");
      assertThat(replica.info("replication"))
          .containsEntry("master_link_status", "down")
          .containsEntry("slave_repl_offset", "1");
      master.accept();
      master.introduction();
      assertThat(master.requestLine()).isEqualTo("PSYNC ? -1");
      assertThat(replica.ask("REPLICAOF NO ONE")).isEqualTo("OK");
      assertThat(replica.ask("DBSIZE")).isEqualTo("0");
      assertThat(replica.ask("SET mine 2")).isEqualTo("OK");
    }
  }

  @Test
  void asksForAFullSyncIfTheMasterCanNotResume() throws Exception {
    try (Master master = new Master();
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      master.accept();
      master.introduction();
      assertThat(master.requestLine()).matches("PSYNC [0-9a-f]{40} 1");
      master.send("-LOADING Redis is loading the dataset in memory\r\n");
      master.accept();
      master.introduction();
      master.requestLine();
      master.send("-ERR unknown command\r\n");
      assertThat(master.line()).isEqualTo("SYNC");
      byte[] rdb = Master.emptyDataSet();
      master.send("$" + rdb.length + "\r\n");
      master.send(rdb);
      until("the link", () -> replica.info("replication", "master_link_status").equals("up"));
    }
  }

  @Test
  void acceptsAStreamRightAfterTheDataSet() throws Exception {
    try (Master master = new Master();
        ReplicationNode replica =
            ReplicationNode.ours(directory, "replicaof 127.0.0.1 " + master.port())) {
      master.accept();
      master.introduction();
      master.requestLine();
      byte[] rdb = Master.emptyDataSet();
      String set = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
      master.send("+FULLRESYNC " + ID + " 7\r\n$" + rdb.length + "\r\n");
      master.send(new String(rdb, ISO_8859_1) + set + set.substring(0, 11));
      master.send(set.substring(11));
      until("the commands", () -> replica.offset() == 7 + 2 * set.length());
      assertThat(replica.ask("GET a")).isEqualTo("1");
    }
  }

  @Test
  void acceptsAnInterleavedStreamAndItsContinuation() throws Exception {
    try (Master master = new Master();
        ReplicationNode replica =
            ReplicationNode.ours(directory, "replicaof 127.0.0.1 " + master.port())) {
      master.accept();
      master.introduction();
      master.requestLine();
      String rdb = new String(Master.emptyDataSet(), ISO_8859_1);
      String set = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
      String begun = "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n2\r\n";
      master.send("+FULLRESYNC " + ID + " 7\r\n$INTERLEAVED\r\n");
      master.send(frame('S', rdb.substring(0, 5)) + frame('C', set + begun.substring(0, 9)));
      master.send(frame('C', begun.substring(9)) + frame('S', rdb.substring(5)));
      until(
          "the stream",
          () ->
              replica
                  .info("replication", "master_sync_stream_bytes")
                  .equals(Integer.toString(set.length() + begun.length())));
      assertThat(replica.ask("GET a")).isEqualTo("(nil)");
      assertThat(replica.info("replication"))
          .containsEntry("slave_read_repl_offset", "0")
          .containsEntry("master_link_status", "down");
      master.send(frame('E', ""));
      until("the first command", () -> replica.ask("GET a").equals("1"));
      assertThat(replica.offset()).isEqualTo(7 + set.length());
      String end = "*1\r\n$4\r\nEXEC\r\n";
      master.send(end);
      until("the transaction", () -> replica.ask("GET a").equals("2"));
      assertThat(replica.offset()).isEqualTo(7 + set.length() + begun.length() + end.length());
      master.expect("REPLCONF ACK 7");
      master.cut();
      master.accept();
      master.introduction();
      master.expect("PSYNC " + ID + " " + (replica.offset() + 1));
    }
  }

  @Test
  void endsTheTransferAtAnInvalidFrame() throws Exception {
    try (Master master = new Master();
        ReplicationNode replica =
            ReplicationNode.ours(directory, "replicaof 127.0.0.1 " + master.port())) {
      master.accept();
      master.introduction();
      master.requestLine();
      master.send("+FULLRESYNC " + ID + " 7\r\n$INTERLEAVED\r\n" + frame('X', "what"));
      master.accept();
      assertThat(replica.log())
          .contains("# Bad protocol from MASTER, a frame of an interleaved transfer is malformed");
      assertThat(replica.offset()).isZero();
    }
  }

  private static String frame(char kind, String content) {
    return kind
        + "\0\0"
        + (char) (content.length() >> 8)
        + (char) (content.length() & 0xff)
        + content;
  }

  /** A master whose replies a test scripts. */
  private static final class Master implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;

    private final ServerSocket listener;
    private Socket link = new Socket();
    private BufferedReader in = new BufferedReader(new InputStreamReader(System.in, ISO_8859_1));

    Master() throws IOException {
      listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
      listener.setSoTimeout(TIMEOUT_MILLIS);
    }

    int port() {
      return listener.getLocalPort();
    }

    void accept() throws IOException {
      link.close();
      link = listener.accept();
      link.setSoTimeout(TIMEOUT_MILLIS);
      in = new BufferedReader(new InputStreamReader(link.getInputStream(), ISO_8859_1));
    }

    void cut() throws IOException {
      link.close();
    }

    void send(String text) throws IOException {
      send(text.getBytes(ISO_8859_1));
    }

    void send(byte[] bytes) throws IOException {
      link.getOutputStream().write(bytes);
    }

    String line() throws IOException {
      String line = in.readLine();
      if (line == null) {
        throw new IOException("the replica has closed the link");
      }
      return line;
    }

    /** Returns the words of the next request. */
    String requestLine() throws IOException {
      int count = Integer.parseInt(line().substring(1));
      List<String> words = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        line();
        words.add(line());
      }
      return String.join(" ", words);
    }

    void expect(String request) throws IOException {
      assertThat(requestLine()).isEqualTo(request);
    }

    /** Reads requests up to and including an expected one. */
    void expectLater(String request) throws IOException {
      String next;
      do {
        next = requestLine();
      } while (!next.equals(request));
    }

    /** Performs the handshake up to PSYNC. */
    void introduction() throws IOException {
      expect("PING");
      send("+PONG\r\n");
      assertThat(requestLine()).startsWith("REPLCONF listening-port ");
      expect("REPLCONF capa eof capa psync2 capa interleave:17179869184 capa hash-field-expiry");
      send("+OK\r\n+OK\r\n");
    }

    /** Performs the handshake and sends an empty data set at an offset. */
    void fullSync(long offset) throws IOException {
      introduction();
      expect("PSYNC ? -1");
      send("\n+FULLRESYNC " + ID + " " + offset + "\r\n\n$EOF:" + "m".repeat(40) + "\r\n");
      send(emptyDataSet());
      send("m".repeat(40));
    }

    static byte[] emptyDataSet() {
      BufferMemory memory = BufferMemory.offHeap();
      try (BlockOutput out = new BlockOutput(memory);
          RdbWriter writer = new RdbWriter(out, false, memory)) {
        writer.begin();
        writer.end();
        return out.memory().asSlice(out.offset(), out.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
      }
    }

    @Override
    public void close() throws IOException {
      link.close();
      listener.close();
    }
  }
}
