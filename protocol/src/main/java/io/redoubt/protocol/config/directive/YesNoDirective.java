package io.redoubt.protocol.config.directive;

/** {@code yes} or {@code no}. */
public final class YesNoDirective extends OneWordDirective<Boolean, YesNoDirective> {

  public YesNoDirective(String name, boolean defaultValue) {
    super(name, defaultValue);
  }

  public boolean value() {
    return current();
  }

  @Override
  protected Boolean parseWord(String word) throws RefusedValue {
    if (word.equalsIgnoreCase("yes")) {
      return true;
    }
    if (word.equalsIgnoreCase("no")) {
      return false;
    }
    throw new RefusedValue("argument must be 'yes' or 'no'");
  }

  @Override
  public String text(Boolean of) {
    return of ? "yes" : "no";
  }
}
