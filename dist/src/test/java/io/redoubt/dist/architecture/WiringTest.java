package io.redoubt.dist.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Checks how parts get to know each other: through their constructors. No constructor registers the
 * new object with another one, no part is set later, and parts are passed rather than fetched
 * through others.
 */
final class WiringTest {
  private static final List<String> MODULES =
      List.of("protocol", "persistence", "server", "sentinel");

  private final Map<String, ClassModel> models = new TreeMap<>();

  WiringTest() throws IOException {
    for (String module : MODULES) {
      try (Stream<Path> files =
          Files.walk(CompiledClass.ROOT.resolve(module + "/target/classes"))) {
        for (Path file : files.filter(it -> it.toString().endsWith(".class")).toList()) {
          ClassModel model = ClassFile.of().parse(file);
          models.put(model.thisClass().asInternalName(), model);
        }
      }
    }
  }

  @Test
  void constructorsRegisterTheirObjectNowhere() {
    Map<String, List<String>> found = new TreeMap<>();
    models.forEach((name, model) -> {
      List<String> registrations = ConstructorScan.registrations(model);
      if (!registrations.isEmpty()) {
        found.put(CompiledClass.shortNameOf(name.replace('/', '.')), registrations);
      }
    });
    assertThat(found.keySet())
        .as("constructors that register their object: %s", found)
        .isEqualTo(new TreeSet<>(Rules.REGISTERING.keySet()));
  }

  @Test
  void partsAreSetByConstructors() {
    assertThat(new SetterScan(models, Rules.ASSEMBLIES.keySet()).setters())
        .as("methods that set a part while the program is put together")
        .isEqualTo(new TreeSet<>(Rules.LATE_SETTERS.keySet()));
  }

  @Test
  void partsAreFetchedThroughOthersNoMoreOften() {
    Map<String, Integer> counts = new TreeMap<>();
    List<String> found = new ArrayList<>();
    Set<String> getters = getters();
    for (ClassModel model : models.values()) {
      for (MethodModel method : model.methods()) {
        chains(
            method,
            getters,
            chain -> {
              String user = model.thisClass().asInternalName().replace('/', '.');
              counts.merge(CompiledClass.packageOf(user), 1, Integer::sum);
              found.add(user + ": " + chain);
            });
      }
    }
    assertThat(counts)
        .as("parts fetched through others:\n%s", String.join("\n", found))
        .isEqualTo(new TreeMap<>(Rules.FETCHED_PARTS));
  }

  /** Guards against a scan that finds nothing. */
  @Test
  void theScanSeesRegistrations() throws IOException {
    String file = Sample.class.getName().replace('.', '/') + ".class";
    ClassModel sample = ClassFile.of().parse(Path.of("target/test-classes", file));
    assertThat(ConstructorScan.registrations(sample))
        .extracting(found -> found.replaceFirst(".*: ", ""))
        .containsExactly(
            "WiringTest$Registry.add", "WiringTest$Registry.add", "WiringTest$Registry.add");
  }

  @Test
  void theScanSeesLateSetters() throws IOException {
    Map<String, ClassModel> samples = new TreeMap<>();
    for (Class<?> each : List.of(Wired.class, Assembly.class, Registry.class)) {
      Path file = Path.of("target/test-classes", each.getName().replace('.', '/') + ".class");
      ClassModel model = ClassFile.of().parse(file);
      samples.put(model.thisClass().asInternalName(), model);
    }
    assertThat(new SetterScan(samples, List.of()).setters())
        .containsExactly("WiringTest$Wired.setFirst", "WiringTest$Wired.setSecond");
  }

  private static final class Registry {
    private final List<Runnable> listeners = new ArrayList<>();

    void add(Runnable listener) {
      listeners.add(listener);
    }
  }

  /** The first two setters are late; the third one changes state at run time. */
  private static final class Wired {
    private Registry first = new Registry();
    private Runnable second = () -> {};
    private Registry third = first;
    private String name = "";

    void setFirst(Registry registry) {
      first = registry;
    }

    void setSecond(String newName, Runnable listener) {
      name = newName;
      second = listener;
    }

    void setThird(Registry registry) {
      third = registry;
    }

    void setName(String newName) {
      name = newName;
    }

    void run() {
      first.add(second);
      third.add(() -> setName(name + "."));
    }
  }

  private static final class Assembly {
    private final Wired wired = new Wired();

    Assembly() {
      wired.setFirst(new Registry());
      wired.setName("wired");
      wired.setThird(new Registry());
      connect();
      first(() -> wired.setThird(new Registry()));
    }

    private void connect() {
      wired.setSecond("connected", wired::run);
    }

    private void first(Runnable replacement) {
      replacement.run();
    }
  }

  private static final class Sample implements Runnable {
    private final Registry own = new Registry();
    private int runs;

    Sample(Registry others, boolean both) {
      own.add(this);
      others.add(both ? this : () -> {});
      others.add(this::run);
      others.add(new Nested());
      others.add(() -> {});
    }

    @Override
    public void run() {
      runs++;
    }

    private final class Nested implements Runnable {
      @Override
      public void run() {
        runs++;
      }
    }
  }

  /** Returns the getters of final fields of the project, also as methods of interfaces. */
  private Set<String> getters() {
    Set<String> getters = new HashSet<>();
    for (ClassModel model : models.values()) {
      for (MethodModel method : model.methods()) {
        if (isGetter(model, method)) {
          String name = "." + method.methodName().stringValue();
          getters.add(model.thisClass().asInternalName() + name);
          model.interfaces().forEach(each -> getters.add(each.asInternalName() + name));
        }
      }
    }
    for (ClassModel model : models.values()) {
      for (MethodModel method : model.methods()) {
        String name = model.thisClass().asInternalName() + "." + method.methodName().stringValue();
        if (isForwarding(method, getters)) {
          getters.add(name);
        }
      }
    }
    return getters;
  }

  private static boolean isGetter(ClassModel model, MethodModel method) {
    List<Instruction> code = CompiledClass.instructions(method);
    return method.methodTypeSymbol().parameterCount() == 0
        && code.size() == 3
        && code.get(0) instanceof LoadInstruction
        && code.get(1) instanceof FieldInstruction field
        && code.get(2) instanceof ReturnInstruction
        && model.fields().stream()
            .anyMatch(each ->
                each.fieldName().equalsString(field.name().stringValue())
                    && each.flags().has(AccessFlag.FINAL));
  }

  /** Returns true for a method that returns a getter's result of a field. */
  private static boolean isForwarding(MethodModel method, Set<String> getters) {
    List<Instruction> code = CompiledClass.instructions(method);
    return method.methodTypeSymbol().parameterCount() == 0
        && code.size() == 4
        && code.get(1) instanceof FieldInstruction field
        && field.opcode() == Opcode.GETFIELD
        && code.get(2) instanceof InvokeInstruction call
        && getters.contains(called(call))
        && code.get(3) instanceof ReturnInstruction;
  }

  private static String called(InvokeInstruction call) {
    return call.owner().asInternalName() + "." + call.name().stringValue();
  }

  /** Reports each call of a getter on the result of another that returns a part. */
  private void chains(MethodModel method, Set<String> getters, Consumer<String> report) {
    InvokeInstruction before = null;
    for (Instruction instruction : CompiledClass.instructions(method)) {
      if (!(instruction instanceof InvokeInstruction call)
          || call.typeSymbol().parameterCount() > 0
          || !getters.contains(called(call))) {
        before = null;
        continue;
      }
      if (before != null
          && !Rules.DOORS_OF_COMMANDS.contains(simpleName(before.owner().asInternalName()))
          && isPart(call.typeSymbol().returnType().descriptorString())) {
        report.accept(
            simpleName(before.owner().asInternalName())
                + "."
                + before.name().stringValue()
                + "()."
                + call.name().stringValue()
                + "()");
      }
      before = call;
    }
  }

  private static String simpleName(String internalName) {
    return internalName.replaceFirst(".*/", "");
  }

  /** Returns true for a class of the project that is neither a record nor an enum. */
  private boolean isPart(String descriptor) {
    return SetterScan.isPart(models.get(descriptor.replaceFirst("^L(.*);$", "$1")));
  }
}
