package io.redoubt.dist.quickstart;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A terminal that is repainted in place. The output never makes it scroll. */
final class Screen {
  private static final Size USUAL = new Size(24, 80);
  private static final String HOME = "\u001b[H";
  private static final String CLEAR = "\u001b[2J";
  private static final String CLEAR_LINE_END = "\u001b[K";
  private static final String CLEAR_SCREEN_END = "\u001b[J";
  private static final String CUT = "...";

  private final PrintStream out;
  private Size painted = new Size(0, 0);

  Screen(PrintStream out) {
    this.out = out;
  }

  /** The size of a terminal. */
  record Size(int rows, int columns) {

    /** Parses the output of {@code stty size}; returns the usual size if it has none. */
    static Size parse(String text) {
      String[] words = text.strip().split(" ", -1);
      try {
        Size size = new Size(Integer.parseInt(words[0]), Integer.parseInt(words[words.length - 1]));
        // A terminal whose size was never set reports 0 0.
        return size.rows() > 0 && size.columns() > 0 ? size : USUAL;
      } catch (NumberFormatException e) {
        return USUAL;
      }
    }

    /** Returns the number of lines that fit; the cursor stands below them. */
    int lines() {
      return rows - 1;
    }

    /** Returns the part of a line that fits. */
    String cut(String line) {
      if (line.length() <= columns) {
        return line;
      }
      int kept = Math.max(0, columns - CUT.length());
      return line.substring(0, kept) + CUT.substring(0, columns - kept);
    }
  }

  /** Asks the terminal, which is also the standard input, for its size. */
  Size size() throws InterruptedException {
    try {
      Process stty =
          new ProcessBuilder("stty", "size").redirectInput(ProcessBuilder.Redirect.INHERIT).start();
      String text = new String(stty.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      stty.waitFor();
      return Size.parse(text);
    } catch (IOException e) {
      return USUAL;
    }
  }

  /** Paints lines over the former ones, as far as they fit. */
  void paint(List<String> lines, Size size) {
    StringBuilder text = new StringBuilder(size.equals(painted) ? "" : CLEAR).append(HOME);
    painted = size;
    for (String line : lines.subList(0, Math.min(lines.size(), size.lines()))) {
      text.append(size.cut(line)).append(CLEAR_LINE_END).append(System.lineSeparator());
    }
    out.print(text.append(CLEAR_SCREEN_END));
    out.flush();
  }
}
