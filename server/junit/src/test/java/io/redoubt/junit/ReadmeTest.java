package io.redoubt.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of the README compiles as it stands there, with its imports. */
final class ReadmeTest {
  private static final String BEFORE = "```java\n";

  @TempDir private Path folder;

  @Test
  void theExampleCompiles() throws Exception {
    String page = Files.readString(Path.of("README.md"));
    int start = page.indexOf(BEFORE) + BEFORE.length();
    String example = page.substring(start, page.indexOf("```", start));
    JavaFileObject source =
        new SimpleJavaFileObject(
            URI.create("string:///CartTest.java"), JavaFileObject.Kind.SOURCE) {
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
            folder.toString(),
            "-classpath",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    boolean compiled =
        compiler.getTask(mistakes, null, null, options, null, List.of(source)).call();
    assertThat(compiled).as(mistakes.toString()).isTrue();
    assertThat(folder.resolve("CartTest.class")).isRegularFile();
  }
}
