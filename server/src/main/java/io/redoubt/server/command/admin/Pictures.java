package io.redoubt.server.command.admin;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/** The pictures of LOLWUT, drawn with characters. */
final class Pictures {
  /** The rows of dots of the highest picture, which bounds its time and memory. */
  private static final int MOST_DOTS_HIGH = 4000;

  private static final String SHADES = " ░▒█";
  private static final int SKY = 0;
  private static final int FAR = 1;
  private static final int NEAR = 2;
  private static final int LIGHT = 3;

  private Pictures() {}

  /**
   * Draws rows of squares that lose their order from top to bottom: the further down, the more each
   * is rotated and moved.
   *
   * @param columns the width in characters
   * @param perRow the number of squares in a row
   * @param perColumn the number of rows of squares
   */
  static String squares(int columns, int perRow, int perColumn, RandomGenerator random) {
    int width = columns * 2;
    int margin = width > 4 ? 2 : 0;
    double side = (double) (width - 2 * margin) / perRow;
    int height = (int) Math.min(Math.ceil(side * perColumn) + 2 * margin, MOST_DOTS_HIGH);
    Dots dots = new Dots(columns, (height + 3) / 4);
    for (int row = 0; row < perColumn; row++) {
      double disorder = perColumn == 1 ? 0 : (double) row / (perColumn - 1);
      for (int column = 0; column < perRow; column++) {
        double angle = Math.PI / 4 * disorder * random.nextDouble(-1, 1);
        double x = margin + side * (column + 0.5) + side / 2 * disorder * random.nextDouble(-1, 1);
        double y = margin + side * (row + 0.5) + side / 2 * disorder * random.nextDouble(-1, 1);
        dots.square(x, y, side, angle);
      }
    }
    return dots.text();
  }

  /** Draws a skyline; the buildings in front have lit windows. */
  static String skyline(int columns, int rows, RandomGenerator random) {
    int[][] shades = new int[rows][columns];
    buildings(shades, FAR, rows * 4 / 5, random);
    buildings(shades, NEAR, rows / 2, random);
    StringBuilder text = new StringBuilder((columns + 1) * rows);
    for (int[] row : shades) {
      for (int shade : row) {
        text.append(SHADES.charAt(shade));
      }
      text.append('\n');
    }
    return text.toString();
  }

  private static void buildings(int[][] shades, int shade, int most, RandomGenerator random) {
    int rows = shades.length;
    int columns = shades[0].length;
    int left = -random.nextInt(4);
    while (left < columns) {
      int width = 4 + random.nextInt(8);
      int height = most / 3 + random.nextInt(Math.max(1, most - most / 3 + 1));
      for (int y = rows - Math.min(height, rows); y < rows; y++) {
        int fromTop = y - (rows - height);
        for (int x = Math.max(left, 0); x < Math.min(left + width, columns); x++) {
          boolean isWindow =
              shade == NEAR && fromTop % 2 == 1 && (x - left) % 2 == 1 && x - left < width - 1;
          shades[y][x] = isWindow ? window(random) : shade;
        }
      }
      left += width + random.nextInt(3);
    }
  }

  private static int window(RandomGenerator random) {
    return random.nextInt(3) == 0 ? LIGHT : SKY;
  }

  /** A canvas of dots, shown as Braille characters of two by four dots. */
  private static final class Dots {
    private static final int BLANK = 0x2800;

    /** The bits of a character's dots, by row and column. */
    private static final int[][] BITS = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};

    private final char[][] characters;

    Dots(int columns, int rows) {
      characters = new char[rows][columns];
      for (char[] row : characters) {
        Arrays.fill(row, (char) BLANK);
      }
    }

    void square(double centerX, double centerY, double side, double angle) {
      double reach = side / Math.sqrt(2);
      double corner = angle + Math.PI / 4;
      for (int i = 0; i < 4; i++) {
        double next = corner + Math.PI / 2;
        line(
            centerX + reach * Math.cos(corner),
            centerY + reach * Math.sin(corner),
            centerX + reach * Math.cos(next),
            centerY + reach * Math.sin(next));
        corner = next;
      }
    }

    private void line(double x1, double y1, double x2, double y2) {
      int steps = (int) Math.ceil(Math.max(Math.abs(x2 - x1), Math.abs(y2 - y1))) + 1;
      for (int i = 0; i <= steps; i++) {
        double part = (double) i / steps;
        dot((int) Math.round(x1 + part * (x2 - x1)), (int) Math.round(y1 + part * (y2 - y1)));
      }
    }

    private void dot(int x, int y) {
      if (x >= 0 && y >= 0 && y / 4 < characters.length && x / 2 < characters[0].length) {
        characters[y / 4][x / 2] |= (char) BITS[y % 4][x % 2];
      }
    }

    String text() {
      StringBuilder text = new StringBuilder();
      for (char[] row : characters) {
        text.append(row).append('\n');
      }
      return text.toString();
    }
  }
}
