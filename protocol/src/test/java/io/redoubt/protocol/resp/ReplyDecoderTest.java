package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyDecoderTest {

  private final ReplyDecoder decoder = new ReplyDecoder();

  private Reply decode(String text) throws ProtocolException {
    decoder.feed(text.getBytes(UTF_8));
    Reply reply = decoder.next();
    assertThat(reply).isNotNull();
    assertThat(decoder.next()).isNull();
    return reply;
  }

  @Test
  void readsScalars() throws ProtocolException {
    assertThat(decode("+OK\r\n")).isEqualTo(new Reply.Simple("OK"));
    assertThat(decode("-ERR no\r\n").isError()).isTrue();
    assertThat(((Reply.Error) decode("-MOVED 1 x\r\n")).code()).isEqualTo("MOVED");
    assertThat(decode(":-42\r\n").number()).isEqualTo(-42);
    assertThat(decode("$5\r\na\r\nbc\r\n").text()).isEqualTo("a\r\nbc");
    assertThat(decode("$0\r\n\r\n")).isEqualTo(new Reply.Bulk(new byte[0]));
    assertThat(decode("$-1\r\n").isNull()).isTrue();
    assertThat(decode("*-1\r\n").isNull()).isTrue();
    assertThat(decode("_\r\n").isNull()).isTrue();
    assertThat(decode("#t\r\n")).isEqualTo(new Reply.Bool(true));
    assertThat(decode(",inf\r\n")).isEqualTo(new Reply.Double(Double.POSITIVE_INFINITY));
    assertThat(decode(",3.5\r\n").text()).isEqualTo("3.5");
    assertThat(decode("(123\r\n")).isEqualTo(new Reply.BigNumber("123"));
    assertThat(decode("=9\r\ntxt:grün\r\n")).isEqualTo(new Reply.Verbatim("txt", "grün"));
  }

  @Test
  void readsCollections() throws ProtocolException {
    assertThat(decode("*0\r\n")).isEqualTo(new Reply.Array(List.of()));
    Reply reply = decode("*2\r\n%1\r\n+k\r\n*1\r\n:1\r\n~1\r\n$1\r\nx\r\n");
    Reply map =
        new Reply.Map(
            List.of(new Reply.Simple("k")),
            List.of(new Reply.Array(List.of(new Reply.Integer(1)))));
    assertThat(reply)
        .isEqualTo(
            new Reply.Array(
                List.of(map, new Reply.Set(List.of(new Reply.Bulk("x".getBytes(UTF_8)))))));
    assertThat(map.elements()).hasSize(2);
    assertThat(decode(">1\r\n+m\r\n")).isInstanceOf(Reply.Push.class);
  }

  @Test
  void dropsAttributes() throws ProtocolException {
    assertThat(decode("|1\r\n+ttl\r\n:3\r\n+OK\r\n")).isEqualTo(new Reply.Simple("OK"));
    assertThat(decode("*1\r\n|1\r\n+ttl\r\n:3\r\n:1\r\n").elements()).hasSize(1);
  }

  @Test
  void leavesTheRestToAnotherReader() throws ProtocolException {
    decoder.feed("+FULLRESYNC\r\n$EOF:".getBytes(UTF_8));
    assertThat(decoder.next()).isEqualTo(new Reply.Simple("FULLRESYNC"));
    assertThat(decoder.rest()).isEqualTo("$EOF:".getBytes(UTF_8));
    decoder.discardRest();
    decoder.feed(MemorySegment.ofArray("x+OK\r\ny".getBytes(UTF_8)), 1, 6);
    assertThat(decoder.next()).isEqualTo(new Reply.Simple("OK"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hello\r\n",
        "$x\r\n",
        "$-2\r\n",
        "*-5\r\n",
        ":1.5\r\n",
        "#x\r\n",
        ",x\r\n",
        "=2\r\nab\r\n",
        "$99999999999\r\n",
        "%2147483647\r\n"
      })
  void refusesMalformedReplies(String text) {
    decoder.feed(text.getBytes(UTF_8));
    assertThatThrownBy(decoder::next).isInstanceOf(ProtocolException.class);
  }

  @Test
  void readsTheDeepestReplyOfAScript() throws ProtocolException {
    Reply reply = decode("*1\r\n".repeat(201) + ":1\r\n");
    for (int i = 0; i < 201; i++) {
      reply = reply.elements().iterator().next();
    }
    assertThat(reply.number()).isOne();
  }

  @Test
  void readsTextsOfAnyLength() throws ProtocolException {
    String text = "x".repeat(1_000_000);
    decoder.feed(("+" + text).getBytes(UTF_8));
    assertThat(decoder.next()).isNull();
    decoder.feed(("\r\n-" + text + "\r\n").getBytes(UTF_8));
    assertThat(decoder.next()).isEqualTo(new Reply.Simple(text));
    assertThat(decoder.next()).isEqualTo(new Reply.Error(text));
  }

  @Test
  void cutsLongStringsOfAServerThatIsNotTrusted() throws ProtocolException {
    String message = "*2\r\n$7\r\nmessage\r\n$300000\r\n" + "x".repeat(300_000) + "\r\n";
    for (int step : new int[] {1_000, 64_000, 1_000_000}) {
      ReplyDecoder limited = new ReplyDecoder(2_000);
      List<Reply> replies = new ArrayList<>();
      String all = message + ":1\r\n" + message + "+OK\r\n";
      for (int at = 0; at < all.length(); at += step) {
        limited.feed(all.substring(at, Math.min(all.length(), at + step)).getBytes(UTF_8));
        for (Reply reply = limited.next(); reply != null; reply = limited.next()) {
          replies.add(reply);
        }
      }
      assertThat(replies).hasSize(4);
      assertThat(replies.get(0).elements().get(1).text()).isEqualTo("x".repeat(1_000));
      assertThat(replies.get(1).number()).isOne();
      assertThat(replies.get(2)).isEqualTo(replies.get(0));
      assertThat(replies.get(3).text()).isEqualTo("OK");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"*1000000\r\n", "*1\r\n", "%1\r\n+k\r\n", "+", "$1\r\n1\r\n", ":1"})
  void refusesEndlessRepliesOfAServerThatIsNotTrusted(String part) {
    ReplyDecoder limited = new ReplyDecoder(10_000);
    limited.feed("*1000000\r\n".getBytes(UTF_8));
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 100_000; i++) {
                limited.feed(part.getBytes(UTF_8));
                assertThat(limited.next()).isNull();
              }
            })
        .isInstanceOf(ProtocolException.class);
  }

  @Test
  void refusesExcessiveDepthAndEndlessLines() {
    decoder.feed("*1\r\n".repeat(2000).getBytes(UTF_8));
    assertThatThrownBy(decoder::next).isInstanceOf(ProtocolException.class);
    ReplyDecoder other = new ReplyDecoder();
    other.feed(":".repeat(70_000).getBytes(UTF_8));
    assertThatThrownBy(other::next).isInstanceOf(ProtocolException.class);
  }

  @Test
  void randomBytesAreRepliesOrProtocolErrors() {
    Random random = Seed.random("ReplyDecoderTest");
    byte[] likely = "*$+-:_#,=%~>|0123456789\r\n\r\n-tf".getBytes(ISO_8859_1);
    int errors = 0;
    for (int round = 0; round < 100_000; round++) {
      ReplyDecoder fresh = new ReplyDecoder();
      try {
        for (int part = 0; part < 3; part++) {
          byte[] bytes = new byte[random.nextInt(15)];
          for (int i = 0; i < bytes.length; i++) {
            bytes[i] = likely[random.nextInt(likely.length)];
          }
          fresh.feed(bytes);
          while (fresh.next() != null) {
            continue;
          }
        }
      } catch (ProtocolException e) {
        errors++;
      }
    }
    assertThat(errors).isBetween(1_000, 99_900);
  }
}
