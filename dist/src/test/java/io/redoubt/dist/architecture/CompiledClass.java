package io.redoubt.dist.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.FieldModel;
import java.lang.classfile.Instruction;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The contents of a class file that the rules check: the class's name, the classes and members that
 * it uses (from the constant pool and the descriptors in it), its static state, and its locking.
 *
 * @param name with dots, nested classes with {@code $}
 * @param uses names of other classes
 * @param calls methods and fields of other classes, as {@code owner#name}
 * @param invocations the number of calls of a method, by its name in {@code calls}
 * @param staticState the mutable static fields: not final, or final with mutable content
 * @param locks true if it synchronizes
 * @param mostParts the number of parameters of its longest constructor; 0 for local classes, whose
 *     constructors take what they capture
 * @param misnamed the methods that {@link MethodNames} finds
 */
record CompiledClass(
    String name,
    Set<String> uses,
    Set<String> calls,
    Map<String, Integer> invocations,
    List<String> staticState,
    boolean locks,
    int mostParts,
    List<String> misnamed) {

  /** The root folder of the sources of all modules. */
  static final Path ROOT = root();

  /** The modules that are compiled before the tests of {@code dist} run. */
  static final List<String> MODULES =
      List.of(
          "protocol",
          "persistence",
          "server",
          "sentinel",
          "server/embedded",
          "server/junit",
          "server/micrometer",
          "server/spring",
          "dist");

  private static final Pattern CLASS_IN_DESCRIPTOR = Pattern.compile("L([\\w/$]+)[;<]");
  private static final Pattern DESCRIPTOR = Pattern.compile("\\(.*\\).+|\\[*L[\\w/$]+;");
  private static final Pattern LOCAL = Pattern.compile("\\$\\d");

  /** The name and the ordinal, which each constructor of an enum takes in addition. */
  private static final int ENUM_PARTS = 2;

  private static final Pattern CHANGING =
      Pattern.compile(
          "java\\.util\\.(concurrent\\.|Hash|Linked|Tree|Array(List|Deque)|Weak|Identity|BitSet|Random|Enum(Map|Set)).*"
              + "|java\\.lang\\.(StringBuilder|ThreadLocal)");

  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("ARCHITECTURE.md"))) {
      folder = folder.getParent();
    }
    return folder;
  }

  /** Returns every class of the given modules below a folder such as {@code test-classes}. */
  static List<CompiledClass> of(List<String> modules, String folder) {
    return modules.stream()
        .flatMap(module -> below(ROOT.resolve(module + "/target/" + folder)).stream())
        .toList();
  }

  /** Returns every class below a folder of class files. */
  private static List<CompiledClass> below(Path classes) {
    if (!Files.isDirectory(classes)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(classes)) {
      return files
          .filter(file -> file.toString().endsWith(".class"))
          .map(CompiledClass::read)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the instructions of a method in their order; none of an abstract one. */
  static List<Instruction> instructions(MethodModel method) {
    return method
        .code()
        .map(code ->
            code.elementStream()
                .filter(Instruction.class::isInstance)
                .map(Instruction.class::cast)
                .toList())
        .orElse(List.of());
  }

  static CompiledClass read(Path file) {
    try {
      return of(ClassFile.of().parse(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CompiledClass of(ClassModel model) {
    Set<String> uses = new TreeSet<>();
    Set<String> calls = new TreeSet<>();
    for (PoolEntry entry : model.constantPool()) {
      switch (entry) {
        case ClassEntry used when !used.asInternalName().startsWith("[") ->
            uses.add(dotted(used.asInternalName()));
        case MemberRefEntry member -> calls.add(called(member));
        case Utf8Entry text when DESCRIPTOR.matcher(text.stringValue()).matches() -> {
          Matcher matcher = CLASS_IN_DESCRIPTOR.matcher(text.stringValue());
          while (matcher.find()) {
            uses.add(dotted(matcher.group(1)));
          }
        }
        default -> {}
      }
    }
    String name = dotted(model.thisClass().asInternalName());
    uses.remove(name);
    Map<String, Integer> invocations = new HashMap<>();
    List<String> staticState = new ArrayList<>();
    boolean locks = false;
    int mostParts = 0;
    for (FieldModel field : model.fields()) {
      if (field.flags().has(AccessFlag.STATIC)
          && !field.flags().has(AccessFlag.FINAL)
          && !field.flags().has(AccessFlag.SYNTHETIC)) {
        staticState.add(field.fieldName().stringValue());
      }
    }
    for (MethodModel method : model.methods()) {
      locks |= method.flags().has(AccessFlag.SYNCHRONIZED);
      if (method.methodName().equalsString("<init>") && !LOCAL.matcher(name).find()) {
        int implicit = model.flags().has(AccessFlag.ENUM) ? ENUM_PARTS : 0;
        mostParts = Math.max(mostParts, method.methodTypeSymbol().parameterCount() - implicit);
      }
      if (method.code().isEmpty()) {
        continue;
      }
      @Nullable String made = null;
      for (CodeElement element : method.code().get()) {
        if (element instanceof InvokeInstruction call) {
          invocations.merge(called(call.method()), 1, Integer::sum);
        }
        switch (element) {
          case InvokeInstruction call when call.opcode() == Opcode.INVOKESPECIAL ->
              made = dotted(call.owner().asInternalName());
          case FieldInstruction put when put.opcode() == Opcode.PUTSTATIC -> {
            if (made != null && CHANGING.matcher(made).matches()) {
              staticState.add(put.name().stringValue());
            }
            made = null;
          }
          case MonitorInstruction ignored -> locks = true;
          case java.lang.classfile.Instruction ignored -> made = null;
          default -> {}
        }
      }
    }
    return new CompiledClass(
        name, uses, calls, invocations, staticState, locks, mostParts, MethodNames.wrong(model));
  }

  private static String called(MemberRefEntry member) {
    return dotted(member.owner().asInternalName()) + "#" + member.name().stringValue();
  }

  /** Returns the number of calls of a method; one if it is only referred to. */
  int invocations(String method) {
    return invocations.getOrDefault(method, calls.contains(method) ? 1 : 0);
  }

  private static String dotted(String internalName) {
    return internalName.replace('/', '.');
  }

  /** Returns the name of the outermost class, without the root package. */
  String shortName() {
    return shortNameOf(name);
  }

  /** Returns the name of the outermost class, without the root package. */
  static String shortNameOf(String className) {
    return withoutRoot(className.replaceFirst("\\$.*", ""));
  }

  /** Returns the package, without the root package. */
  String packageName() {
    return packageOf(name);
  }

  /** Returns the package of one of this project's classes, without the root package. */
  static String packageOf(String className) {
    return withoutRoot(className.substring(0, className.lastIndexOf('.')));
  }

  private static String withoutRoot(String dottedName) {
    return dottedName.replaceFirst("^io\\.redoubt\\.", "");
  }
}
