package io.redoubt.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts for failures whose messages say more than the reason. */
final class SystemErrorsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "newSocketStream(..) failed with error(-24): Too many open files | Too many open files",
        "a.b.Errors$NativeIoException: newSocketStream(..) failed with error(-24): Too many open"
            + " files | Too many open files",
        "Too many open files | Too many open files",
        "it failed with error(-1): x | it failed with error(-1): x",
      })
  void namesTheReasonOfANativeCall(String message, String text) {
    assertThat(SystemErrors.text(new IOException(message))).isEqualTo(text);
  }
}
