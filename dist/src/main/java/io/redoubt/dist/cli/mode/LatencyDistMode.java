package io.redoubt.dist.cli.mode;

import io.redoubt.protocol.resp.ProtocolException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** {@code --latency-dist}: prints the distribution of latencies as a row of colors an interval. */
public final class LatencyDistMode implements Mode {
  private static final int ROWS_A_LEGEND = 20;
  private static final String LEGEND =
      """
      ---------------------------------------------
      . - * #          .01 .125 .25 .5 milliseconds
      1,2,3,...,9      from 1 to 9     milliseconds
      A,B,C,D,E        10,20,30,40,50  milliseconds
      F,G,H,I,J        .1,.2,.3,.4,.5       seconds
      K,L,M,N,O,P,Q,?  1,2,4,8,16,30,60,>60 seconds
      """;

  /** The xterm colors from none to all samples. */
  private static final int[] PALETTE = {
    0, 233, 234, 235, 237, 239, 241, 243, 245, 247, 144, 143, 142, 184, 226, 214, 208, 202, 196
  };

  private static final String MARKS = ".-*#123456789ABCDEFGHIJKLMNOPQ?";

  /** The upper bound of each mark but the last, in microseconds. */
  private static final long[] BOUNDS = {
    10,
    125,
    250,
    500,
    1_000,
    2_000,
    3_000,
    4_000,
    5_000,
    6_000,
    7_000,
    8_000,
    9_000,
    10_000,
    20_000,
    30_000,
    40_000,
    50_000,
    100_000,
    200_000,
    300_000,
    400_000,
    500_000,
    1_000_000,
    2_000_000,
    4_000_000,
    8_000_000,
    16_000_000,
    30_000_000,
    60_000_000
  };

  private final ModeContext context;
  private final long[] counts = new long[MARKS.length()];

  public LatencyDistMode(ModeContext context) {
    this.context = context;
  }

  @Override
  public int run() throws IOException, ProtocolException, InterruptedException, ModeException {
    long interval = (long) (context.intervalOr(1) * 1e9);
    long started = System.nanoTime();
    for (long rows = 0; ; ) {
      long sent = System.nanoTime();
      context.ask("PING");
      counts[mark(TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - sent))]++;
      if (System.nanoTime() - started > interval) {
        if (rows % ROWS_A_LEGEND == 0) {
          printLegend();
        }
        rows++;
        printRow();
        started = System.nanoTime();
      }
    }
  }

  private static int mark(long micros) {
    int mark = 0;
    while (mark < BOUNDS.length && micros > BOUNDS[mark]) {
      mark++;
    }
    return mark;
  }

  private void printLegend() {
    StringBuilder text = new StringBuilder(LEGEND).append("From 0 to 100%: ");
    for (int color : PALETTE) {
      text.append("\u001b[48;5;").append(color).append("m ");
    }
    text.append("\u001b[0m\n---------------------------------------------\n");
    context.out().print(text);
  }

  private void printRow() {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    StringBuilder text = new StringBuilder("\u001b[38;5;0m");
    for (int i = 0; i < counts.length; i++) {
      int shade = (int) Math.ceil((double) counts[i] / total * (PALETTE.length - 1));
      text.append("\u001b[48;5;").append(PALETTE[shade]).append('m').append(MARKS.charAt(i));
      counts[i] = 0;
    }
    context.out().print(text.append("\u001b[0m\n"));
    context.out().flush();
  }
}
