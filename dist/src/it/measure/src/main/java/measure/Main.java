package measure;

import java.util.List;

/** {@code Main start | many | repeated | compared | direct}: one measurement each. */
final class Main {
  private Main() {}

  public static void main(String[] arguments) throws Exception {
    List<String> words = List.of(arguments);
    switch (words.isEmpty() ? "" : words.getFirst()) {
      case "start" -> Starts.all();
      case "cold" -> Starts.once(Product.of(words.get(1)));
      case "many" -> Many.atOnce(number(words, 100));
      case "repeated" -> Many.repeated(number(words, 1000));
      case "compared" -> Compared.all(words.subList(1, words.size()));
      case "direct" -> Direct.all(number(words, 5));
      default -> {
        System.err.println(
            "start, many [SERVERS], repeated [STARTS], compared [PRODUCT...], direct [SECONDS]");
        System.exit(1);
      }
    }
  }

  private static int number(List<String> words, int otherwise) {
    return words.size() < 2 ? otherwise : Integer.parseInt(words.get(1));
  }
}
