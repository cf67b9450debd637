<?xml version="1.0" encoding="UTF-8"?>
<!-- From a FHIR Bundle in XML to lines of JSON, one to each entry: the raw values of the Encounter in it (see
     `encounter.RAW_COLUMNS`) with the keys of its departments, or {} when the entry holds no Encounter. Values are not
     escaped: whoever uses this sees to it that none needs it. Each list ends in null. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:f="http://hl7.org/fhir">
  <xsl:output method="text" encoding="UTF-8"/>
  <xsl:param name="act-code"/>
  <!-- The system of the identifier that is a visit id; empty: there is none. -->
  <xsl:param name="visit-system"/>

  <xsl:template match="/">
    <xsl:for-each select="f:Bundle/f:entry">
      <xsl:text>{</xsl:text>
      <xsl:apply-templates select="(f:resource/f:Encounter)[1]"/>
      <xsl:text>}&#10;</xsl:text>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="f:Encounter">
    <xsl:text>"encounter":true,"id":"</xsl:text>
    <xsl:value-of select="f:id[1]/@value"/>
    <xsl:text>","status":"</xsl:text>
    <xsl:value-of select="f:status[1]/@value"/>
    <xsl:text>","patient":"</xsl:text>
    <xsl:value-of select="f:subject[1]/f:reference[1]/@value"/>
    <xsl:text>"</xsl:text>
    <xsl:for-each select="f:class[1][f:code[1]/@value = 'EMER']">
      <xsl:if test="not(f:system) or f:system[1]/@value = $act-code">,"emergency":true</xsl:if>
    </xsl:for-each>
    <xsl:for-each select="f:identifier[f:system[1]/@value = $visit-system][f:value[1]/@value != ''][1]">
      <xsl:text>,"identifier":"</xsl:text><xsl:value-of select="f:value[1]/@value"/><xsl:text>"</xsl:text>
    </xsl:for-each>
    <xsl:for-each select="f:period[1]">
      <xsl:text>,"start":"</xsl:text><xsl:value-of select="f:start[1]/@value"/><xsl:text>"</xsl:text>
      <xsl:for-each select="f:end[1]">,"end":"<xsl:value-of select="@value"/>"</xsl:for-each>
    </xsl:for-each>
    <xsl:text>,"location":[</xsl:text>
    <xsl:for-each select="f:location/f:location[1]">
      <xsl:for-each select="f:reference[1]">"<xsl:value-of select="@value"/>",</xsl:for-each>
      <xsl:for-each select="f:identifier[1]">
        <xsl:text>"</xsl:text><xsl:value-of select="f:system[1]/@value"/>
        <xsl:text>|</xsl:text><xsl:value-of select="f:value[1]/@value"/><xsl:text>",</xsl:text>
      </xsl:for-each>
    </xsl:for-each>
    <xsl:text>null],"service_type":[</xsl:text>
    <xsl:apply-templates select="f:serviceType[1]/f:coding"/>
    <xsl:text>null],"type":[</xsl:text>
    <xsl:apply-templates select="f:type/f:coding"/>
    <xsl:text>null]</xsl:text>
  </xsl:template>

  <xsl:template match="f:coding">
    <xsl:text>"</xsl:text><xsl:value-of select="f:system[1]/@value"/>
    <xsl:text>|</xsl:text><xsl:value-of select="f:code[1]/@value"/><xsl:text>",</xsl:text>
  </xsl:template>
</xsl:stylesheet>
