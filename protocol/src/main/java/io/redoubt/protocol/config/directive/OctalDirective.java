package io.redoubt.protocol.config.directive;

/** A file mode in octal digits. */
public final class OctalDirective extends OneWordDirective<Integer, OctalDirective> {
  private static final int MAX = 0777;

  public OctalDirective(String name, int defaultValue) {
    super(name, defaultValue);
  }

  /** Returns the bits of the mode; 0 leaves a file's mode unchanged. */
  public int value() {
    return current();
  }

  @Override
  protected Integer parseWord(String word) throws RefusedValue {
    if (!word.matches("[0-7]{1,10}")) {
      throw new RefusedValue("argument couldn't be parsed as an octal number");
    }
    long mode = Long.parseLong(word, 8);
    if (mode > MAX) {
      throw new RefusedValue("argument must be between 0 and 777 inclusive");
    }
    return (int) mode;
  }

  @Override
  public String text(Integer of) {
    return Integer.toOctalString(of);
  }
}
