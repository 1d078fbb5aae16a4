package io.redoubt.server.settings;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.config.directive.ManyWordsDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Any number of endpoints, each written as {@code host:port}. */
public final class HostPortsDirective
    extends ManyWordsDirective<List<HostPort>, HostPortsDirective> {

  HostPortsDirective(String name) {
    super(name, List.of());
  }

  /** Returns the endpoints in the order of the file. */
  public List<HostPort> value() {
    return current();
  }

  @Override
  protected List<HostPort> parseWords(List<String> words, List<HostPort> before)
      throws RefusedValue {
    List<HostPort> places = new ArrayList<>();
    for (String word : emptyIfBlank(words)) {
      int colon = word.lastIndexOf(':');
      long port = colon < 1 ? -1 : Numbers.parseLong(word.substring(colon + 1), -1);
      if (port < 1 || port > 65535) {
        throw new RefusedValue("argument must be host:port, not '" + word + "'");
      }
      places.add(new HostPort(word.substring(0, colon), (int) port));
    }
    return List.copyOf(places);
  }

  @Override
  public String text(List<HostPort> of) {
    return of.stream()
        .map(place -> place.host() + ":" + place.port())
        .collect(Collectors.joining(" "));
  }

  @Override
  public boolean isOmitted(List<HostPort> of) {
    return of.isEmpty();
  }
}
