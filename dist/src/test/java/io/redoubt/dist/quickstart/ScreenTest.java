package io.redoubt.dist.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.dist.quickstart.Screen.Size;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The size of a terminal, and the lines painted on it. */
final class ScreenTest {

  @ParameterizedTest
  @CsvSource({"'24 80\n',24,80", "40 120,40,120", "0 0,24,80", "'',24,80", "stty: no,24,80"})
  void readsTheSizeOrTakesTheUsualOne(String text, int rows, int columns) {
    assertThat(Size.parse(text)).isEqualTo(new Size(rows, columns));
  }

  @ParameterizedTest
  @CsvSource({"24,80", "3,10", "1,2", "50,200"})
  void paintsNoMoreThanFits(int rows, int columns) {
    ByteArrayOutputStream painted = new ByteArrayOutputStream();
    Screen screen = new Screen(new PrintStream(painted, true, StandardCharsets.UTF_8));
    screen.paint(Collections.nCopies(40, "x".repeat(150)), new Size(rows, columns));
    List<String> lines =
        painted
            .toString(StandardCharsets.UTF_8)
            .replaceAll("\u001b\\[[0-9]*[A-Z]", "")
            .lines()
            .toList();
    assertThat(lines).hasSize(Math.min(40, rows - 1));
    assertThat(lines).allMatch(line -> line.length() == Math.min(150, columns));
  }
}
