package io.redoubt.dist.load;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.resp.ProtocolException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

final class ReplyCounterTest {
  private static final String REPLIES =
      "+OK\r\n:1\r\n$3\r\na\nb\r\n$-1\r\n$0\r\n\r\n*0\r\n*-1\r\n*2\r\n$1\r\nx\r\n*1\r\n:1\r\n"
          + "%1\r\n+k\r\n~2\r\n:1\r\n:2\r\n_\r\n#t\r\n,1.5\r\n(123\r\n=5\r\ntxt:x\r\n";
  private static final int COUNT = 14;

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(ISO_8859_1));
  }

  @Test
  void countsRepliesOfEachType() throws Exception {
    assertThat(new ReplyCounter().count(bytes(REPLIES))).isEqualTo(COUNT);
  }

  @Test
  void inputMayBeSplitAnywhere() throws Exception {
    for (int cut = 0; cut <= REPLIES.length(); cut++) {
      ReplyCounter counter = new ReplyCounter();
      int first = counter.count(bytes(REPLIES.substring(0, cut)));
      assertThat(first + counter.count(bytes(REPLIES.substring(cut)))).isEqualTo(COUNT);
    }
  }

  @Test
  void pushMessagesAreNoReplies() throws Exception {
    assertThat(new ReplyCounter().count(bytes(">2\r\n+a\r\n*1\r\n:1\r\n+OK\r\n"))).isEqualTo(1);
  }

  @Test
  void keepsTheFirstErrorUntilItIsTaken() throws Exception {
    ReplyCounter counter = new ReplyCounter();
    assertThat(counter.count(bytes("-ERR a\r\n-ERR b\r\n+OK\r\n"))).isEqualTo(3);
    assertThat(counter.takeError()).isEqualTo("ERR a");
    assertThat(counter.takeError()).isNull();
  }

  @Test
  void countsTextsOfAnyLength() throws Exception {
    ReplyCounter counter = new ReplyCounter();
    String text = "x".repeat(100_000);
    assertThat(counter.count(bytes("+" + text + "\r\n-" + text + "\r\n+OK\r\n"))).isEqualTo(3);
    assertThat(counter.takeError()).startsWith("xxx");
  }

  @Test
  void countsDeepReplies() throws Exception {
    ReplyCounter counter = new ReplyCounter();
    assertThat(counter.count(bytes("*1\r\n".repeat(200) + "*2\r\n:1\r\n"))).isZero();
    assertThat(counter.count(bytes(":2\r\n+OK\r\n"))).isEqualTo(2);
  }

  @Test
  void refusesWhatIsNoReply() {
    assertThatThrownBy(() -> new ReplyCounter().count(bytes("HTTP/1.1 400\r\n")))
        .isInstanceOf(ProtocolException.class);
    assertThatThrownBy(() -> new ReplyCounter().count(bytes("\r\n")))
        .isInstanceOf(ProtocolException.class);
    assertThatThrownBy(() -> new ReplyCounter().count(bytes("x".repeat(100_000))))
        .isInstanceOf(ProtocolException.class);
  }
}
