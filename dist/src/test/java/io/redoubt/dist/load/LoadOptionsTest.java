package io.redoubt.dist.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.dist.client.UsageException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LoadOptionsTest {
  private static LoadOptions parse(String... words) throws UsageException {
    return LoadOptions.parse(List.of(words));
  }

  private static List<String> titles(String... words) throws UsageException {
    return LoadTests.of(parse(words), null).stream().map(LoadTests.Test::title).toList();
  }

  @Test
  void takesOptionsAndACommand() throws Exception {
    LoadOptions options = parse("-p", "7000", "-c", "5", "-n", "10", "-r", "9", "SET", "-x", "1");
    assertThat(options.target().port()).isEqualTo(7000);
    assertThat(options.clients).isEqualTo(5);
    assertThat(options.requests).isEqualTo(10);
    assertThat(options.keys).isEqualTo(9);
    assertThat(options.command).containsExactly("SET", "-x", "1");
  }

  @Test
  void precisionIsASmallNumberOfDigits() throws Exception {
    assertThat(parse().precision).isEqualTo(3);
    assertThat(parse("--precision", "1", "--enable-tracking").tracksKeys).isTrue();
    assertThatThrownBy(() -> parse("--precision", "5")).hasMessageContaining("0 to 4");
  }

  @Test
  void choosesTestsByName() throws Exception {
    assertThat(titles()).hasSize(20);
    assertThat(titles("-t", "ping")).containsExactly("PING_INLINE", "PING_MBULK");
    assertThat(titles("-t", "LRANGE_300,set"))
        .containsExactly(
            "SET", "LPUSH (needed to benchmark LRANGE)", "LRANGE_300 (first 300 elements)");
    assertThat(titles("-t", "nonsense")).isEmpty();
  }

  @Test
  void refusesWhatItDoesNotHave() {
    assertThatThrownBy(() -> parse("--cluster")).hasMessageContaining("not supported");
    assertThatThrownBy(() -> parse("--nonsense")).hasMessageContaining("\"--nonsense\"");
    assertThatThrownBy(() -> parse("-n", "0")).hasMessageContaining("at least 1");
    assertThatThrownBy(() -> parse("-c", "0")).hasMessageContaining("from 1");
    assertThatThrownBy(() -> parse("-n")).isInstanceOf(UsageException.class);
  }
}
