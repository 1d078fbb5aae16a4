package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteString;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class RequestTest {

  @Test
  void returnsItsArguments() {
    Request request = Request.of("Set", "ключ", "");
    assertThat(request.count()).isEqualTo(3);
    assertThat(request.text(1)).isEqualTo("ключ");
    assertThat(request.length(1)).isEqualTo(8);
    assertThat(request.bytes(1)).isEqualTo("ключ".getBytes(UTF_8));
    assertThat(request.string(1)).isEqualTo(ByteString.of("ключ"));
    assertThat(request.argumentBytes()).isEqualTo(11);
  }

  @Test
  void comparesWithoutCase() {
    Request request = Request.of("GeT", "x");
    assertThat(request.is(0, "get")).isTrue();
    assertThat(request.is(0, "GET")).isTrue();
    assertThat(request.is(0, "gets")).isFalse();
    assertThat(request.is(0, "ge")).isFalse();
    assertThat(request.is(1, "get")).isFalse();
  }

  @Test
  void foldsTheFirstEightBytesIntoAWord() {
    Request request = Request.of("GET", "SUBSCRIBE", "", "Expire12", "A");
    assertThat(request.word(0)).isEqualTo(Request.word("get")).isEqualTo(0x746567L);
    assertThat(request.word(1)).isEqualTo(Request.word("subscrib"));
    assertThat(request.word(2)).isZero();
    assertThat(request.word(3)).isEqualTo(Request.word("expire12"));
    assertThat(request.word(4)).isEqualTo('a'); // at the end of its memory
    MemorySegment wide = Arena.ofAuto().allocate(64).fill((byte) 'Z');
    assertThat(Request.word(wide, 3, 3)).isEqualTo(Request.word("zzz"));
  }

  @Test
  void copiesItsArguments() {
    Request request = Request.of("set", "key", "value");
    MemorySegment memory = Arena.ofAuto().allocate(100);
    Request copy = request.copyTo(memory, 10);
    assertThat(copy.memory()).isSameAs(memory);
    assertThat(copy.count()).isEqualTo(3);
    assertThat(copy.offset(0)).isEqualTo(10);
    assertThat(copy.text(2)).isEqualTo("value");
    assertThat(copy.end()).isEqualTo(21);
  }

  @Test
  void isEncodedAgain() {
    try (ReplyCollector out = new ReplyCollector(BufferMemory.offHeap())) {
      RequestEncoder.write(new ReplyWriter(out), Request.of("set", "key", ""));
      assertThat(out.toByteArray()).isEqualTo(RequestEncoder.encode("set", "key", ""));
      out.clear();
      RequestEncoder.write(new ReplyWriter(out), "a".getBytes(UTF_8));
      assertThat(new String(out.toByteArray(), UTF_8)).isEqualTo("*1\r\n$1\r\na\r\n");
    }
  }
}
