package io.redoubt.server.execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.resp.RequestEncoder;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Tests SELECT, MULTI and EXEC in a stream, also after its target has failed. */
final class StreamEncoderTest {
  private final StringBuilder stream = new StringBuilder();
  private final StreamEncoder encoder = new StreamEncoder(this::append);
  private int appendsBeforeFailure = Integer.MAX_VALUE;

  private void append(MemorySegment memory, long start, long length) {
    if (appendsBeforeFailure-- == 0) {
      throw new OutOfMemoryError("no room");
    }
    String text = ByteString.copyOf(memory, start, (int) length).toString();
    stream.append(text.replaceAll("[*$]\\d+\r\n", "").replace("\r\n", " ").trim()).append('|');
  }

  private void set(int database, String key) {
    byte[] bytes = RequestEncoder.encode("SET", key, "1");
    encoder.command(database, MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  @Test
  void selectsADatabaseOnlyIfItChanges() {
    set(0, "a");
    set(0, "b");
    set(2, "c");
    assertThat(stream).hasToString("SELECT 0|SET a 1|SET b 1|SELECT 2|SET c 1|");
    assertThat(encoder.lastDatabase()).isEqualTo(2);
  }

  @Test
  void selectsWithinATransaction() {
    encoder.beginTransaction();
    assertThat(encoder.isInTransaction()).isTrue();
    set(1, "a");
    set(3, "b");
    encoder.endTransaction();
    assertThat(encoder.isInTransaction()).isFalse();
    assertThat(stream).hasToString("MULTI|SELECT 1|SET a 1|SELECT 3|SET b 1|EXEC|");
  }

  @Test
  void distinguishesValuesFromMultiAndExec() {
    byte[] multi = RequestEncoder.encode("MULTI");
    encoder.command(0, MemorySegment.ofArray(multi), 0, multi.length);
    assertThat(encoder.isInTransaction()).isFalse();
  }

  @Test
  void selectsAgainForANewReader() {
    set(1, "a");
    encoder.beginTransaction();
    encoder.restart();
    assertThat(encoder.isInTransaction()).isFalse();
    assertThat(encoder.lastDatabase()).isEqualTo(1);
    set(1, "b");
    assertThat(stream).hasToString("SELECT 1|SET a 1|MULTI|SELECT 1|SET b 1|");
    encoder.continueAfter(4);
    assertThat(encoder.lastDatabase()).isEqualTo(4);
    set(4, "c");
    assertThat(stream).asString().endsWith("SELECT 4|SET c 1|");
  }

  @Test
  void selectsAgainAfterALostSelect() {
    appendsBeforeFailure = 0;
    assertThatThrownBy(() -> set(5, "a")).isInstanceOf(OutOfMemoryError.class);
    set(5, "b");
    assertThat(stream).hasToString("SELECT 5|SET b 1|");
  }

  @Test
  void startsNoTransactionAfterALostMulti() {
    appendsBeforeFailure = 0;
    assertThatThrownBy(() -> encoder.beginTransaction()).isInstanceOf(OutOfMemoryError.class);
    assertThat(encoder.isInTransaction()).isFalse();
  }
}
