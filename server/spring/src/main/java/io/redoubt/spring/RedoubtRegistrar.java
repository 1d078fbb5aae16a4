package io.redoubt.spring;

import io.redoubt.embedded.EmbeddedGroup;
import io.redoubt.embedded.EmbeddedServer;
import io.redoubt.embedded.GroupBuilder;
import io.redoubt.embedded.Redoubt;
import io.redoubt.embedded.ServerBuilder;
import java.util.function.Supplier;
import org.springframework.beans.factory.config.RuntimeBeanReference;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.type.AnnotationMetadata;

/** Registers the beans of a {@link RedoubtConnection}. */
final class RedoubtRegistrar implements ImportBeanDefinitionRegistrar {
  private static final String SUBJECT = "redoubt";
  private static final String DETAILS = "redoubtConnectionDetails";

  @Override
  public void registerBeanDefinitions(
      AnnotationMetadata importing, BeanDefinitionRegistry registry) {
    MergedAnnotation<RedoubtConnection> wanted =
        importing.getAnnotations().get(RedoubtConnection.class);
    int replicas = wanted.getInt("replicas");
    int sentinels = wanted.getInt("sentinels");
    String[] lines = wanted.getStringArray("config");
    if (replicas == 0 && sentinels == 0) {
      ServerBuilder server = Redoubt.server();
      for (String line : lines) {
        server.line(line);
      }
      register(registry, EmbeddedServer.class, server::start);
    } else {
      GroupBuilder group = Redoubt.group().replicas(replicas).sentinels(sentinels);
      for (String line : lines) {
        group.line(line);
      }
      register(registry, EmbeddedGroup.class, group::start);
    }
  }

  private static <T> void register(
      BeanDefinitionRegistry registry, Class<T> type, Supplier<T> start) {
    RootBeanDefinition subject = new RootBeanDefinition(type, start);
    subject.setDestroyMethodName("close");
    registry.registerBeanDefinition(SUBJECT, subject);
    RootBeanDefinition details = new RootBeanDefinition(RedoubtConnectionDetails.class);
    details.setTargetType(DataRedisConnectionDetails.class);
    details.setFactoryMethodName("of");
    details
        .getConstructorArgumentValues()
        .addGenericArgumentValue(new RuntimeBeanReference(SUBJECT));
    registry.registerBeanDefinition(DETAILS, details);
  }
}
