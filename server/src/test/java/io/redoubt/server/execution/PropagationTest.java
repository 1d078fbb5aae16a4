package io.redoubt.server.execution;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import io.redoubt.protocol.resp.RequestEncoder;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests which sink receives which effects, and their grouping into transactions. */
final class PropagationTest {
  private final BufferMemory memory = BufferMemory.offHeap();
  private final Propagation propagation = new Propagation(memory);
  private final Recorder file = new Recorder(Propagation.TO_APPEND_ONLY_FILE);
  private final Recorder replicas = new Recorder(Propagation.TO_REPLICAS);

  /** Records the words of the commands it receives. */
  private record Recorder(int target, List<String> commands) implements Propagation.Sink {
    Recorder(int target) {
      this(target, new ArrayList<>());
    }

    @Override
    public void onLost() {
      commands.add("lost");
    }

    @Override
    public void beginTransaction() {
      commands.add("begin");
    }

    @Override
    public void endTransaction() {
      commands.add("end");
    }

    @Override
    public long offset() {
      return commands.size();
    }

    @Override
    public void propagateNewer(int database, MemorySegment segment, long start, long end) {
      propagate(database, segment, start, end);
      commands.set(commands.size() - 1, "newer " + commands.getLast());
    }

    @Override
    public void propagate(int database, MemorySegment segment, long start, long end) {
      String text = ByteString.copyOf(segment, start, (int) (end - start)).toString();
      commands.add(
          database + " " + text.replaceAll("[*$]\\d+\r\n", "").replace("\r\n", " ").trim());
    }
  }

  private void write(int database, String... words) {
    var effect = propagation.effect(database, words.length);
    for (String word : words) {
      effect.bulk(word);
    }
  }

  @Test
  void marksNewerCommands() {
    propagation.add(replicas);
    write(0, "HSET", "h", "f", "1");
    propagation.newerEffect(0, 2).bulk("HX");
    propagation.writer().bulk("h");
    write(0, "HDEL", "h", "f");
    propagation.endUnit();
    assertThat(replicas.commands())
        .containsExactly("begin", "0 HSET h f 1", "newer 0 HX h", "0 HDEL h f", "end");
  }

  @Test
  void wrapsSeveralEffectsInATransaction() throws ProtocolException {
    propagation.add(file);
    propagation.add(replicas);
    write(0, "SET", "a", "1");
    Request request = new Request();
    byte[] bytes = RequestEncoder.encode("SET", "b", "2");
    new RequestDecoder(new Limits(), memory)
        .decode(MemorySegment.ofArray(bytes), 0, bytes.length, request);
    propagation.verbatim(2, request);
    propagation.endUnit();
    write(0, "SET", "c", "3");
    propagation.endUnit();
    assertThat(file.commands())
        .containsExactly("begin", "0 SET a 1", "2 SET b 2", "end", "0 SET c 3");
    assertThat(replicas.commands()).isEqualTo(file.commands());
  }

  @Test
  void aScriptChoosesTheSinksOfItsEffects() {
    propagation.add(file);
    propagation.add(replicas);
    write(0, "SET", "both", "1");
    propagation.only(Propagation.TO_APPEND_ONLY_FILE);
    write(1, "SET", "file", "1");
    propagation.only(Propagation.TO_REPLICAS);
    write(2, "SET", "replicas", "1");
    write(3, "SET", "replicas", "2");
    propagation.only(0);
    assertThat(propagation.isActive()).isFalse();
    assertThat(propagation.everywhere()).isZero();
    propagation.endUnit();
    assertThat(file.commands()).containsExactly("begin", "0 SET both 1", "1 SET file 1", "end");
    assertThat(replicas.commands())
        .containsExactly("begin", "0 SET both 1", "2 SET replicas 1", "3 SET replicas 2", "end");
  }

  @Test
  void reportsALostUnitInsteadOfItsEffects() {
    propagation.add(file);
    propagation.add(replicas);
    write(0, "SET", "a", "1");
    propagation.markLost();
    assertThat(propagation.isPending()).isTrue();
    assertThat(propagation.endUnit()).isFalse();
    assertThat(file.commands()).containsExactly("lost");
    assertThat(replicas.commands()).containsExactly("lost");
    assertThat(propagation.isPending()).isFalse();
    write(0, "SET", "b", "2");
    assertThat(propagation.endUnit()).isTrue();
    assertThat(file.commands()).containsExactly("lost", "0 SET b 2");
  }

  @Test
  void losesTheUnitForAllIfOneSinkHasNoMemory() {
    propagation.add(file);
    propagation.add(
        new Propagation.Sink() {
          @Override
          public int target() {
            return Propagation.TO_REPLICAS;
          }

          @Override
          public void propagate(int database, MemorySegment segment, long start, long end) {
            throw new OutOfMemoryError("no room");
          }

          @Override
          public void onLost() {
            replicas.onLost();
          }

          @Override
          public void beginTransaction() {
            throw new OutOfMemoryError("no room");
          }

          @Override
          public void endTransaction() {}

          @Override
          public long offset() {
            return 0;
          }
        });
    write(0, "SET", "a", "1");
    assertThat(propagation.endUnit()).isFalse();
    assertThat(file.commands()).containsExactly("0 SET a 1", "lost");
    assertThat(replicas.commands()).containsExactly("lost");
  }

  @Test
  void sendsTheOnlyEffectOfASinkWithoutTransaction() {
    propagation.add(file);
    propagation.add(replicas);
    propagation.only(Propagation.TO_REPLICAS);
    write(0, "SET", "a", "1");
    propagation.everywhere();
    write(0, "SET", "b", "1");
    propagation.endUnit();
    assertThat(file.commands()).containsExactly("0 SET b 1");
    assertThat(replicas.commands()).containsExactly("begin", "0 SET a 1", "0 SET b 1", "end");
  }

  @Test
  void isInactiveWithoutSinksOfTheChosenKind() {
    propagation.add(file);
    assertThat(propagation.isActive()).isTrue();
    propagation.only(Propagation.TO_REPLICAS);
    assertThat(propagation.isActive()).isFalse();
    propagation.add(replicas);
    assertThat(propagation.isActive()).isTrue();
    propagation.remove(replicas);
    assertThat(propagation.isActive()).isFalse();
  }
}
