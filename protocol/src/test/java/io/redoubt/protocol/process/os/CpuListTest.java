package io.redoubt.protocol.process.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CpuListTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0       | {0}",
        "0,2     | {0, 2}",
        "0-3     | {0, 1, 2, 3}",
        "0-7:2   | {0, 2, 4, 6}",
        "1,10-12 | {1, 10, 11, 12}",
        "0-7:3,9 | {0, 3, 6, 9}"
      })
  void parsesRangesAndSteps(String text, String processors) {
    assertThat(CpuList.parse(text)).hasToString(processors);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "1-", "3-1", "0-7:0", "1,,2", "-1", "99999", "1:2"})
  void refusesWhatIsNoList(String text) {
    assertThatThrownBy(() -> CpuList.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void bindsTheCallingThreadOnly() throws Exception {
    String before = allowed();
    int first = Integer.parseInt(before.split("[,-]", 2)[0]);
    CompletableFuture<String> bound = new CompletableFuture<>();

    Thread.ofPlatform()
        .start(() -> {
          try {
            CpuList.parse(Integer.toString(first)).bindCallingThread();
            bound.complete(allowed());
          } catch (IOException e) {
            bound.completeExceptionally(e);
          }
        });

    assertThat(bound.get()).isEqualTo(Integer.toString(first));
    assertThat(allowed()).isEqualTo(before);
  }

  @Test
  void reportsProcessorsThatDoNotExist() {
    assertThatThrownBy(() -> CpuList.parse("1023").bindCallingThread())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("sched_setaffinity");
  }

  private static String allowed() throws IOException {
    return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
        .filter(line -> line.startsWith("Cpus_allowed_list:"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElseThrow();
  }
}
