package io.redoubt.server.replication.replica;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.server.replication.stream.NewerCommand;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MasterStreamTest {
  private final Server server = new Server();
  private final MasterStream stream =
      new MasterStream(BufferMemory.offHeap(), new Limits(), server);

  @AfterEach
  void close() {
    stream.close();
  }

  @Test
  void accountsForEveryByteOfARequestWhenItIsExecuted() throws Exception {
    byte[] set = command("SET", "a", "1");
    byte[] ping = command("PING");
    receive(join(set, ping, "*1\r\n$4\r\nPI".getBytes(ISO_8859_1)));
    assertThat(server.executed).containsExactly("SET a 1", "PING");
    assertThat(server.appliedBytes()).isEqualTo(join(set, ping));
    assertThat(stream.unappliedBytes()).isEqualTo(10);
    receive("NG\r\n".getBytes(ISO_8859_1));
    assertThat(server.executed).last().isEqualTo("PING");
    assertThat(server.appliedBytes()).isEqualTo(join(set, ping, ping));
    assertThat(stream.unappliedBytes()).isZero();
  }

  @Test
  void accountsForEmptyLines() throws Exception {
    byte[] bytes = join("\n\r\n".getBytes(ISO_8859_1), command("PING"), "\n".getBytes(ISO_8859_1));
    receive(bytes);
    assertThat(server.executed).containsExactly("PING");
    assertThat(server.appliedBytes()).isEqualTo(bytes);
  }

  @Test
  void accountsForATransactionWhenItEnds() throws Exception {
    byte[] set = command("SET", "a", "1");
    receive(set);
    receive(command("MULTI"));
    receive(set);
    assertThat(server.appliedBytes()).isEqualTo(set);
    assertThat(stream.unappliedBytes()).isEqualTo(command("MULTI").length + set.length);
    receive(join(command("EXEC"), command("PING")));
    assertThat(server.appliedBytes())
        .isEqualTo(join(set, command("MULTI"), set, command("EXEC"), command("PING")));
    assertThat(stream.unappliedBytes()).isZero();
  }

  @Test
  void executesNewerCommandsThatRedis72Ignores() throws Exception {
    byte[] odd = newer("HPEXPIREAT", "h", "7", "FIELDS", "1", "a", "b");
    byte[] even = newer("HPERSIST", "h", "FIELDS", "1", "", "a");
    receive(join(odd, command("MULTI"), even, command("EXEC")));
    assertThat(server.executed)
        .containsExactly("HPEXPIREAT h 7 FIELDS 1 a b", "MULTI", "HPERSIST h FIELDS 1  a", "EXEC");
    assertThat(server.appliedBytes()).isEqualTo(join(odd, command("MULTI"), even, command("EXEC")));
    assertThat(new String(odd, ISO_8859_1)).startsWith("*11\r\n").contains("\r\n$0\r\n\r\n");
    assertThat(new String(even, ISO_8859_1)).startsWith("*9\r\n");
  }

  @Test
  void ignoresNewerCommandsIfTurnedOff() throws Exception {
    server.takesNewer = false;
    receive(newer("HPERSIST", "h", "FIELDS", "1", "", "a"));
    assertThat(server.executed).containsExactly("REPLCONF ACK 0 HPERSIST h FIELDS 1  a");
  }

  @Test
  void recognizesOnlyTheFormOfNewerCommands() throws Exception {
    receive(
        join(
            command("REPLCONF", "GETACK", "*"),
            command("REPLCONF", "ACK", "0"),
            command("REPLCONF", "ACK", "1", "GET", "k"),
            command("REPLCONF", "ACK", "0", "")));
    assertThat(server.executed)
        .containsExactly(
            "REPLCONF GETACK *", "REPLCONF ACK 0", "REPLCONF ACK 1 GET k", "REPLCONF ACK 0 ");
  }

  @Test
  void stopsAtTheEndOfTheLink() throws Exception {
    server.endsAfter = 2;
    receive(join(command("SET", "a", "1"), command("SET", "b", "2"), command("SET", "c", "3")));
    assertThat(server.executed).containsExactly("SET a 1", "SET b 2");
  }

  @Test
  void refusesInvalidStreams() {
    assertThatThrownBy(() -> receive("*x\r\n".getBytes(ISO_8859_1)))
        .isInstanceOf(ProtocolException.class);
  }

  @Test
  void appliesTheStreamInAnyChunks() throws Exception {
    Random random = Seed.random("MasterStreamTest");
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    List<String> expected = new ArrayList<>();
    boolean transaction = false;
    for (int i = 0; i < 2_000; i++) {
      String[] words;
      int kind = random.nextInt(20);
      if (kind == 0) {
        words = new String[] {transaction ? "EXEC" : "MULTI"};
        transaction = !transaction;
      } else {
        int length = kind == 1 ? random.nextInt(100_000) : random.nextInt(30);
        words = new String[3 + random.nextInt(3)];
        Arrays.fill(words, "x".repeat(length));
        words[0] = "MSET";
      }
      all.writeBytes(kind == 2 ? newer(words) : command(words));
      expected.add(String.join(" ", words));
    }
    if (transaction) {
      all.writeBytes(command("EXEC"));
      expected.add("EXEC");
    }
    byte[] bytes = all.toByteArray();
    int position = 0;
    while (position < bytes.length) {
      int step = 1 + random.nextInt(random.nextInt(4) == 0 ? 70_000 : 100);
      int to = Math.min(bytes.length, position + step);
      stream.receive(MemorySegment.ofArray(bytes), position, to);
      assertThat(server.applied.size() + stream.unappliedBytes()).isEqualTo(to);
      position = to;
    }
    assertThat(server.executed).isEqualTo(expected);
    assertThat(server.appliedBytes()).isEqualTo(bytes);
  }

  private void receive(byte[] bytes) throws ProtocolException {
    stream.receive(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  private static byte[] command(String... words) {
    return RequestEncoder.encode(words);
  }

  /** Returns a command in the form that Redis 7.2 ignores. */
  private static byte[] newer(String... words) {
    byte[] command = command(words);
    MemorySegment memory = MemorySegment.ofArray(command);
    int from = (int) NewerCommand.firstWord(memory, 0);
    byte[] head = NewerCommand.head(memory, 0).toArray(ValueLayout.JAVA_BYTE);
    return join(head, Arrays.copyOfRange(command, from, command.length));
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }

  /** Records the calls, and interprets MULTI and EXEC. */
  private static final class Server implements MasterStream.Target {
    private final List<String> executed = new ArrayList<>();
    private final ByteArrayOutputStream applied = new ByteArrayOutputStream();
    private int endsAfter = Integer.MAX_VALUE;
    private boolean inTransaction;
    private boolean takesNewer = true;

    @Override
    public void lookAhead(Request[] batch, int count) {
      assertThat(count).isPositive();
    }

    @Override
    public void execute(Request request) {
      List<String> words = new ArrayList<>();
      for (int i = 0; i < request.count(); i++) {
        words.add(request.text(i));
      }
      executed.add(String.join(" ", words));
      switch (words.getFirst()) {
        case "MULTI" -> inTransaction = true;
        case "EXEC" -> inTransaction = false;
        default -> {
          // An ordinary command.
        }
      }
    }

    @Override
    public boolean takesFieldExpiry() {
      return takesNewer;
    }

    @Override
    public boolean goesOn() {
      return executed.size() < endsAfter;
    }

    @Override
    public boolean inTransaction() {
      return inTransaction;
    }

    @Override
    public void onApplied(MemorySegment memory, long from, long to) {
      applied.writeBytes(memory.asSlice(from, to - from).toArray(ValueLayout.JAVA_BYTE));
    }

    private byte[] appliedBytes() {
      return applied.toByteArray();
    }
  }
}
