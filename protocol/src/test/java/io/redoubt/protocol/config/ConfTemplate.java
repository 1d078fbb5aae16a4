package io.redoubt.protocol.config;

import io.redoubt.protocol.config.directive.Directive;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Generates the shipped config file from the declarations: the documentation of each directive, and
 * its line with the default unless the declaration ships other arguments.
 */
public final class ConfTemplate {
  private static final int WIDTH = 100;

  private final StringBuilder text = new StringBuilder();

  private ConfTemplate() {}

  /**
   * Returns the text of the file.
   *
   * @param introduction paragraphs at its start
   */
  public static String of(Directives directives, List<String> introduction) {
    ConfTemplate template = new ConfTemplate();
    for (String paragraph : introduction) {
      template.comment(paragraph);
      template.text.append("#\n");
    }
    Map<String, List<Runnable>> sections = new LinkedHashMap<>();
    for (Directive<?, ?> directive : directives.all()) {
      if (!directive.isHidden()) {
        sections
            .computeIfAbsent(directive.section(), _ -> new ArrayList<>())
            .add(() -> template.directive(directive));
      }
    }
    for (FileWord word : directives.fileWords()) {
      sections
          .computeIfAbsent(word.section(), _ -> new ArrayList<>())
          .add(() -> template.fileWord(word));
    }
    sections.forEach((title, paragraphs) -> {
      template.text.append("\n\n########## ").append(title).append(" ##########\n");
      paragraphs.forEach(Runnable::run);
    });
    return template.text.toString();
  }

  private <T> void directive(Directive<T, ?> directive) {
    text.append('\n');
    String doc = directive.doc();
    if (directive.isWithoutEffect()) {
      doc += " Accepted for compatibility with existing files; has no effect.";
    }
    comment(doc.strip());
    boolean active = !directive.isWithoutEffect() && directive.example().isEmpty();
    List<String> lines =
        !directive.shipped().isEmpty()
            ? List.of(directive.shipped())
            : !directive.example().isEmpty()
                ? List.of(directive.example())
                : directive.lines(directive.defaultValue());
    for (String line : lines) {
      text.append(active ? "" : "# ").append(directive.name()).append(' ').append(line);
      text.append('\n');
    }
  }

  private void fileWord(FileWord word) {
    for (FileWord.Example example : word.examples()) {
      text.append('\n');
      comment(example.sentences());
      text.append(example.active() ? "" : "# ").append(word.name()).append(' ');
      text.append(example.arguments()).append('\n');
    }
  }

  private void comment(String sentences) {
    StringBuilder line = new StringBuilder("#");
    for (String word : sentences.split(" ", -1)) {
      if (line.length() + 1 + word.length() > WIDTH) {
        text.append(line).append('\n');
        line = new StringBuilder("#");
      }
      line.append(' ').append(word);
    }
    text.append(line).append('\n');
  }
}
