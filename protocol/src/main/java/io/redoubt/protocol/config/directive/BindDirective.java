package io.redoubt.protocol.config.directive;

import java.util.ArrayList;
import java.util.List;

/** The addresses to listen on, up to 16; none disables TCP. */
public final class BindDirective extends ManyWordsDirective<List<BindAddress>, BindDirective> {
  private static final int MAX = 16;

  public BindDirective(String name, List<BindAddress> defaultValue) {
    super(name, defaultValue);
  }

  /** Returns the addresses in the order of the file. */
  public List<BindAddress> value() {
    return current();
  }

  @Override
  protected List<BindAddress> parseWords(List<String> words, List<BindAddress> before)
      throws RefusedValue {
    return addresses(words);
  }

  @Override
  protected List<BindAddress> parseText(String text, List<BindAddress> before) throws RefusedValue {
    return addresses(splitAtBlanks(text));
  }

  private static List<BindAddress> addresses(List<String> words) throws RefusedValue {
    if (words.size() > MAX) {
      throw new RefusedValue("Too many bind addresses specified.");
    }
    List<BindAddress> addresses = new ArrayList<>();
    for (String word : emptyIfBlank(words)) {
      addresses.add(BindAddress.of(word));
    }
    return List.copyOf(addresses);
  }

  @Override
  public String text(List<BindAddress> of) {
    return String.join(" ", of.stream().map(BindAddress::toString).toList());
  }
}
