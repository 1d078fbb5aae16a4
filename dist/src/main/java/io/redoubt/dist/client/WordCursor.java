package io.redoubt.dist.client;

import java.util.List;

/** A cursor over the words of a command line. */
public final class WordCursor {
  private final List<String> words;
  private int at;

  /** Starts at the first word. */
  public WordCursor(List<String> words) {
    this.words = List.copyOf(words);
  }

  public boolean hasNext() {
    return at < words.size();
  }

  /** Returns true if the next word looks like an option. */
  public boolean optionFollows() {
    return hasNext() && words.get(at).startsWith("-");
  }

  public String next() {
    return words.get(at++);
  }

  /** Returns the words that have not been read. */
  public List<String> rest() {
    return words.subList(at, words.size());
  }

  /** Returns the value of an option, which is the next word. */
  public String value(String option) throws UsageException {
    if (!hasNext()) {
      throw new UsageException("Unrecognized option or bad number of args for: '" + option + "'");
    }
    return next();
  }

  public long number(String option) throws UsageException {
    String text = value(option);
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new UsageException(option + " needs a number, not '" + text + "'");
    }
  }

  /**
   * Returns the value of an option as a number within a range.
   *
   * @param least the smallest value, inclusive
   * @param most the largest value, inclusive
   */
  public int number(String option, int least, int most) throws UsageException {
    long number = number(option);
    if (number < least || number > most) {
      throw new UsageException(option + " needs a number from " + least + " to " + most);
    }
    return (int) number;
  }

  /** Returns the value of an option as a time in seconds, fractions included. */
  public double seconds(String option) throws UsageException {
    String text = value(option);
    try {
      double seconds = Double.parseDouble(text);
      if (seconds >= 0 && seconds <= Integer.MAX_VALUE) {
        return seconds;
      }
    } catch (NumberFormatException e) {
      // refused below
    }
    throw new UsageException(option + " needs a number of seconds, not '" + text + "'");
  }
}
