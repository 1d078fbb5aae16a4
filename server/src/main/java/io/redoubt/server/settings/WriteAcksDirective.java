package io.redoubt.server.settings;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.config.directive.OneWordDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.Words;

/** The number of replicas that acknowledge a write before its reply is sent. */
public final class WriteAcksDirective extends OneWordDirective<Integer, WriteAcksDirective> {
  /** Stands for as many as make a majority together with the master. */
  public static final int MAJORITY = -1;

  /** The greatest number of replicas. */
  public static final int MAX = 100;

  private static final String MAJORITY_WORD = "majority";

  WriteAcksDirective() {
    super("write-acks", 0);
  }

  /** Returns the number of replicas, 0 for none, or {@link #MAJORITY}. */
  public int value() {
    return current();
  }

  @Override
  protected Integer parseWord(String word) throws RefusedValue {
    if (Words.lower(word).equals(MAJORITY_WORD)) {
      return MAJORITY;
    }
    long number = Numbers.parseLong(word, -1);
    if (number < 0 || number > MAX) {
      throw new RefusedValue("argument must be 'majority' or between 0 and " + MAX + " inclusive");
    }
    return (int) number;
  }

  @Override
  public String text(Integer of) {
    return of == MAJORITY ? MAJORITY_WORD : of.toString();
  }
}
