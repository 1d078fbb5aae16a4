package io.redoubt.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The examples of the pages compile as printed: the Java blocks that start with an import and need
 * only this module's dependencies.
 */
final class ReadmeTest {
  private static final Pattern EXAMPLE = Pattern.compile("(?s)```java\n(import .*?)```");
  private static final Pattern ELSEWHERE =
      Pattern.compile(
          "(?m)^import (?:static )?+(?!java\\.|org\\.junit\\.|"
              + "io\\.redoubt\\.(?:embedded|junit)\\.)");
  private static final Pattern CLASS = Pattern.compile("(?m)^class (\\w+)");

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"README.md, 1", "../../README.md, 1", "../../doc/embedding.md, 3"})
  void theExamplesCompile(Path page, int count) throws Exception {
    Matcher example = EXAMPLE.matcher(Files.readString(page));
    int compiled = 0;
    while (example.find()) {
      if (!ELSEWHERE.matcher(example.group(1)).find()) {
        compile(example.group(1), Files.createDirectory(folder.resolve(compiled + "")));
        compiled++;
      }
    }
    assertThat(compiled).isEqualTo(count);
  }

  private static void compile(String example, Path classes) {
    Matcher named = CLASS.matcher(example);
    assertThat(named.find()).as(example).isTrue();
    String name = named.group(1);
    JavaFileObject source =
        new SimpleJavaFileObject(
            URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return example;
          }
        };
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter mistakes = new StringWriter();
    List<String> options =
        List.of(
            "-proc:none",
            "-d",
            classes.toString(),
            "-classpath",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    boolean compiled =
        compiler.getTask(mistakes, null, null, options, null, List.of(source)).call();
    assertThat(compiled).as(mistakes.toString()).isTrue();
    assertThat(classes.resolve(name + ".class")).isRegularFile();
  }
}
