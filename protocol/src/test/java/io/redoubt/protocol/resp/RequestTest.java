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
  void sharesItsLastArguments() {
    String[] words = new String[Request.MAX_NEAR + 50];
    for (int i = 0; i < words.length; i++) {
      words[i] = "word " + i;
    }
    Request request = Request.of(words);
    Request last = request.from(3);
    assertThat(last.count()).isEqualTo(words.length - 3);
    assertThat(last.memory()).isEqualTo(request.memory());
    for (int i = 0; i < last.count(); i++) {
      assertThat(last.text(i)).isEqualTo(words[i + 3]);
    }
    last.release();
    assertThat(request.text(words.length - 1)).isEqualTo(words[words.length - 1]);
    assertThat(request.from(words.length).count()).isZero();
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
    assertThat(word("GET", "get".length())).isEqualTo(0x746567L);
    assertThat(word("SUBSCRIBE", "SUBSCRIBE".length())).isEqualTo(word("subscrib", 8));
    assertThat(word("", 0)).isZero();
    assertThat(word("A", 1)).isEqualTo('a'); // at the end of its memory
    assertThat(word("ZZZZZZZZZZ", 3)).isEqualTo(word("zzz", 3));
  }

  private static long word(String text, int length) {
    return Request.word(MemorySegment.ofArray(text.getBytes(UTF_8)), 0, length);
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
    }
  }
}
