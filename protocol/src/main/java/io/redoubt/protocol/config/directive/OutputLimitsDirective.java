package io.redoubt.protocol.config.directive;

import io.redoubt.protocol.bytes.Numbers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The output limits of the client classes; a line or a CONFIG SET may set some of them. */
public final class OutputLimitsDirective
    extends ManyWordsDirective<Map<ClientClass, OutputLimit>, OutputLimitsDirective> {

  public OutputLimitsDirective(String name, Map<ClientClass, OutputLimit> defaultValue) {
    super(name, defaultValue);
  }

  public OutputLimit of(ClientClass clients) {
    OutputLimit limit = current().get(clients);
    if (limit == null) {
      throw new IllegalStateException("no limit for " + clients);
    }
    return limit;
  }

  @Override
  protected Map<ClientClass, OutputLimit> parseWords(
      List<String> words, Map<ClientClass, OutputLimit> before) throws RefusedValue {
    if (words.size() % 4 != 0) {
      throw new RefusedValue("Wrong number of arguments in buffer limit configuration.");
    }
    Map<ClientClass, OutputLimit> limits = new EnumMap<>(before);
    for (int at = 0; at < words.size(); at += 4) {
      limits.put(classOf(words.get(at)), limitOf(words.subList(at + 1, at + 4)));
    }
    return Collections.unmodifiableMap(limits);
  }

  @Override
  protected Map<ClientClass, OutputLimit> parseText(
      String text, Map<ClientClass, OutputLimit> before) throws RefusedValue {
    return text.isEmpty() ? before : super.parseText(text, before);
  }

  private static ClientClass classOf(String word) throws RefusedValue {
    return switch (Words.lower(word)) {
      case "normal" -> ClientClass.NORMAL;
      case "slave", "replica" -> ClientClass.REPLICA;
      case "pubsub" -> ClientClass.PUBSUB;
      default ->
          throw new RefusedValue("Invalid client class specified in buffer limit configuration.");
    };
  }

  private static OutputLimit limitOf(List<String> words) throws RefusedValue {
    String refusal = "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
    long hardBytes = WordNumbers.asSigned(WordNumbers.bytes(words.get(0), refusal));
    long softBytes = WordNumbers.asSigned(WordNumbers.bytes(words.get(1), refusal));
    long softSeconds = Numbers.parseLong(words.get(2), -1);
    if (softSeconds < 0 || softSeconds > Integer.MAX_VALUE) {
      throw new RefusedValue(refusal);
    }
    return new OutputLimit(hardBytes, softBytes, (int) softSeconds);
  }

  @Override
  public String text(Map<ClientClass, OutputLimit> of) {
    List<String> words = new ArrayList<>();
    of.forEach((clients, limit) ->
        words.add(
            String.join(
                " ",
                clients.word(),
                Long.toString(limit.hardBytes()),
                Long.toString(limit.softBytes()),
                Integer.toString(limit.softSeconds()))));
    return String.join(" ", words);
  }

  @Override
  public List<String> lines(Map<ClientClass, OutputLimit> of) {
    List<String> lines = new ArrayList<>();
    of.forEach((clients, limit) ->
        lines.add(
            String.join(
                " ",
                clients == ClientClass.REPLICA ? "replica" : clients.word(),
                WordNumbers.withUnit(limit.hardBytes()),
                WordNumbers.withUnit(limit.softBytes()),
                Integer.toString(limit.softSeconds()))));
    return lines;
  }
}
