package io.redoubt.protocol.config;

import io.redoubt.protocol.config.directive.ChoiceDirective;
import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.LongDirective;
import io.redoubt.protocol.config.directive.YesNoDirective;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Generates the schema of a configuration in YAML from the declarations, for editors: JSON Schema,
 * draft 2020-12. It describes the names and the values of one argument; other arguments are checked
 * by {@code --check-config}.
 */
public final class ConfSchema {
  private static final String VARIABLE = "{\"type\": \"string\", \"pattern\": \"[$][{]\"}";

  private static final String ARGUMENTS =
      """
        "$defs": {
          "word": {"type": ["string", "number", "boolean"]},
          "arguments": {
            "anyOf": [
              {"$ref": "#/$defs/word"},
              {"type": "array", "items": {"$ref": "#/$defs/arguments"}},
              {"type": "object", "additionalProperties": {"$ref": "#/$defs/arguments"}}
            ]
          },
          "lines": {"anyOf": [{"$ref": "#/$defs/arguments"}, {"type": "null"}]}
        },
      """;

  private ConfSchema() {}

  /**
   * Returns the text of the schema.
   *
   * @param title of the schema
   */
  public static String of(Directives directives, String title) {
    List<String> properties = new ArrayList<>();
    for (Directive<?, ?> directive : directives.all()) {
      if (!directive.isHidden()) {
        String described = property(directive.name(), directive.doc(), type(directive));
        properties.add(described);
        List<String> others = new ArrayList<>(directive.aliases());
        others.addAll(directive.newerNames());
        for (String other : others) {
          properties.add(
              String.format(
                  Locale.ROOT,
                  "    \"%s\": {\"$ref\": \"#/properties/%s\"}",
                  other,
                  directive.name()));
        }
      }
    }
    for (FileWord word : directives.fileWords()) {
      String doc = word.examples().isEmpty() ? "" : word.examples().getFirst().sentences();
      properties.add(property(word.name(), doc, lines()));
    }
    properties.add(property(DirectiveTable.INCLUDE, "Other files, read in its place.", lines()));
    properties.add(
        property(YamlText.GENERATED, "Lines that CONFIG REWRITE writes.", "\"type\": \"array\""));
    return "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": "
        + quoted(title)
        + ",\n  \"type\": \"object\",\n  \"additionalProperties\": false,\n"
        + ARGUMENTS
        + "  \"properties\": {\n"
        + String.join(",\n", properties)
        + "\n  }\n}\n";
  }

  private static String lines() {
    return "\"$ref\": \"#/$defs/lines\"";
  }

  private static String property(String name, String doc, String type) {
    return String.format(
        Locale.ROOT,
        "    \"%s\": {\n      \"description\": %s,\n      %s\n    }",
        name,
        quoted(doc),
        type);
  }

  private static String type(Directive<?, ?> directive) {
    return switch (directive) {
      case YesNoDirective _ -> "\"enum\": [\"yes\", \"no\", true, false]";
      case ChoiceDirective<?> choice ->
          "\"enum\": ["
              + String.join(", ", choice.words().stream().map(ConfSchema::quoted).toList())
              + "]";
      case IntDirective number ->
          number(number.acceptsAuto() ? "{\"const\": \"auto\"}, " : "", number.min(), number.max());
      case LongDirective number -> number("", number.min(), number.max());
      default -> "\"$ref\": \"#/$defs/arguments\"";
    };
  }

  private static String number(String word, long min, long max) {
    return String.format(
        Locale.ROOT,
        "\"anyOf\": [%s{\"type\": \"integer\", \"minimum\": %d, \"maximum\": %d}, %s]",
        word,
        min,
        max,
        VARIABLE);
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
