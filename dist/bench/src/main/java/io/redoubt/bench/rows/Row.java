package io.redoubt.bench.rows;

import java.util.List;

/**
 * A row: one request, measured under one or more loads.
 *
 * @param request the commands of the request, with placeholders
 * @param range the number of keys or elements that a random number picks from
 * @param operations the operations of a run, or {@link #BY_TIME}
 * @param refill true if the data is prepared anew before each run, because the runs consume it
 */
public record Row(
    String title,
    List<Load> loads,
    List<String> request,
    int range,
    int operations,
    boolean refill) {
  /** A number of operations that follows from the length of a round. */
  public static final int BY_TIME = 0;

  /** Connections, and the number of requests that each sends at once. */
  public record Load(int clients, int pipeline) {}
}
