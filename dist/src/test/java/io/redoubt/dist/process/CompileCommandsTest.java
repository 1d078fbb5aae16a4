package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The compile commands in the JVM options of redis-server. The JVM silently ignores a pattern that
 * matches no method, so a renamed method would lose its command.
 */
final class CompileCommandsTest {

  private static final Pattern COMMAND =
      Pattern.compile(
          "-XX:CompileCommand=(?:dontinline|inline|CompileThresholdScaling),([^,]*)(?:,.*)?");

  private static List<String> patterns() throws IOException {
    return Files.readAllLines(Path.of("src/main/jvm/redis-server.jvm")).stream()
        .map(COMMAND::matcher)
        .filter(Matcher::matches)
        .map(command -> command.group(1))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("patterns")
  void matchesAMethod(String pattern) throws ReflectiveOperationException {
    String type = pattern.substring(0, pattern.indexOf("::"));
    String method = pattern.substring(pattern.indexOf("::") + 2);
    ClassLoader loader = getClass().getClassLoader();
    if (type.endsWith(".*")) {
      String prefix = type.substring(0, type.length() - 1);
      boolean exists =
          loader.getResource(prefix.replace('.', '/')) != null
              || ModuleLayer.boot().modules().stream()
                  .flatMap(module -> module.getPackages().stream())
                  .anyMatch(name -> (name + ".").startsWith(prefix));
      assertThat(exists).as(prefix).isTrue();
      return;
    }
    List<String> names =
        Arrays.stream(Class.forName(type, false, loader).getDeclaredMethods())
            .map(Method::getName)
            .toList();
    boolean isPrefix = method.endsWith("*");
    String name = isPrefix ? method.substring(0, method.length() - 1) : method;
    assertThat(names)
        .anyMatch(candidate -> isPrefix ? candidate.startsWith(name) : candidate.equals(name));
  }

  @Test
  void readsTheCommands() throws IOException {
    assertThat(patterns())
        .hasSizeGreaterThan(30)
        .contains("io.redoubt.server.memory.Region::copy*", "io.redoubt.persistence.*::*");
  }
}
