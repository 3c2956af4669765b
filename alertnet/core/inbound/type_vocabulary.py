"""The field's names for each type of incident in five languages (B2): the tables of `type_names`.

A hyphen joins the words of a name, a slash separates alternatives. A word in capitals stands for any word of that kind
(`KINDS`); `_` stands for a few words of any kind in the same sentence.
"""

TYPE_NAMES = {
    "killing": "assassinated assassination killing killed murder murdered assassinat meurtre tue abattu abattue "
    "asesinato mataron homicidio assassinado assassinada assassinaram mataram ermordet getotet getoetet erschossen "
    "totung toetung umgebracht assassinato lynch* behead* asesinar* fusilar* acribillar* degollar* decapitar* linchar* "
    "assassiner* lyncher* decapiter*",
    "attempted_killing": "armed-attack attempted-killing attempted-murder attempt-on-life shot attentat attaque-armee "
    "tentative-d-assassinat tentative-de-meurtre atentado intento-de-asesinato tentativa-de-asesinato esfaquear* "
    "angeschossen niedergestochen bewaffneter-angriff mordversuch ataque-armado versuchte-totung versuchte-toetung "
    "tentativa-de-assassinato stab* apunalar* balear* poignarder*",
    "disappearance": "vanished disappearance disappeared enforced-disappearance desaparicion-forzada "
    "disparition-forcee missing missing-since missing-person disparition disparu disparue introuvable desaparicion "
    "desaparecido desaparecida desaparecio desaparecieron vermisst verschwunden verschwindenlassen desaparecimento "
    "desapareceu desapareceram",
    "abduction": "abduction kidnapping kidnapped enlevement enleve sequestrado sequestrada sequestraram entfuhrt "
    "entfuehrt verschleppt entfuhrung entfuehrung sequestro kidnap* abduct* secuestrar* raptar* kidnapper*",
    "arrest": "detenu detenue incommunicado arrest detention arrestation arrete interpellation garde-a-vue detencion "
    "detenido detenida detuvo detuvieron preso presa detido detida prendeu prenderam algemado algemada verhaftet "
    "verhaftung festgenommen festnahme detencao arrest* detain* jail* imprison* handcuff* arrestar* capturar* "
    "encarcelar* apresar* esposar* incarcerer* emprisonner* interpeller* menotter* deteve detiveram",
    "assault": "bastonner* assault beaten physical-assault agresion-fisica agression-physique agression frappe golpiza "
    "paliza espancar* verprugelt verpruegelt zusammengeschlagen geschlagen tatlicher-angriff taetlicher-angriff "
    "agressao assault* attack* punch* beat* golpear* atacar* patear* apedrear* maltratar* agredir* agresser* tabasser* "
    "brutaliser* molester*",
    "sexual_violence": "sexual-violence sexual-assault serious-assault rape sexually-assaulted sexually-abused "
    "sexual-abuse violence-sexuelle agression-sexuelle agresse-sexuellement abus-sexuel viol violee violencia-sexual "
    "agresion-sexual agresion-grave abuso-sexual violacion violaron violada abusaron-sexualmente abusada-sexualmente "
    "agredida-sexualmente estuprar* vergewaltigt vergewaltigung schwerer-ubergriff schwerer-uebergriff agressao-grave "
    "rape*",
    "torture": "mauvais-traitements tortura malos-tratos ill-treatment gefoltert folter torture* torturar* torturer*",
    "death_threat": "death-threat threatened-with-death menace-de-mort menaces-de-mort menacent-de-mort "
    "amenaza-de-muerte amenazas-de-muerte amenazado-de-muerte amenazada-de-muerte amenazados-de-muerte "
    "amenazadas-de-muerte amenazan-de-muerte amenazaron-de-muerte ameaca-de-morte ameacas-de-morte morddrohung "
    "murder-threat menace-d-assassinat menaces-d-assassinat amenaza-de-asesinato amenazas-de-asesinato "
    "ameaca-de-assassinato ameacas-de-assassinato drohung-mit-totung drohung-mit-toetung",
    "threat": "threat intimidation amenazante menacant menacante extortion extorsion amenaza intimidacion intimidante "
    "ameaca ameacar* bedroht bedrohung threaten* intimidate* extort* harass* amenazar* intimidar* "
    "extorsionar* hostigar* acosar* menacer* intimider* harceler*",
    "surveillance": "surveillance followed following watched filature on-nous-suit on-nous-surveille vigilancia "
    "seguimiento nos-siguen nos-vigilan nos-estan-siguiendo nos-estan-vigilando verfolgt uberwachung ueberwachung "
    "surveil* vigilar* surveiller* nos-segue nos-seguem nos-seguindo seguem-nos",
    "digital_attack": "cyberattack cyber-attaque cyber-attack ataque-cibernetico digital-attack spyware phishing "
    "attaque-numerique attaque-informatique cyberattaque piratage pirate ataque-digital ataque-informatico ciberataque "
    "gehackt clonado clonaron digitaler-angriff hack* hackear* jaquear*",
    "raid": "raid perquisition descente allanamiento redada durchsuchung razzia durchsucht busca-policial incursao "
    "raid* ransack* allanar* catear* perquisitionner* hausdurchsuchung",
    "break_in": "effraction break-in burglary broken-into robbery robbed cambriolage einbruch eingebrochen "
    "arrombamento arrombar* roubar* burgle* loot* robar* saquear* cambrioler*",
    "eviction": "deguerpissement deguerpir* eviction displacement forced-displacement expulsion deplacement-force "
    "desplazamiento zwangsraumung zwangsraeumung despejo evict* desalojar* desplazar* expulser* raumung raeumung",
    "checkpoint": "controle-militaire checkpoint held-at-checkpoint passage-denied paso-negado passage-refuse "
    "roadblock road-block barrage bloque-au-barrage bloques-au-barrage reten detenido-en-reten detenidos-en-reten "
    "detenidos-en-un-reten retenido-en-reten retenida-en-reten kontrollposten am-posten-festgehalten "
    "retidos-em-barreira retidas-numa-barreira",
    "armed_presence": "armed-presence presence-armee presencia-armada incursion bewaffnete-vor-ort presenca-armada",
    "combat": "fuego-cruzado affrontement combat fighting coups-de-feu fusillade tiros schusse schuesse gunshots "
    "shooting shots shots-fired warning-shot gunfire crossfire bombing tirs bombardement combate disparos tiroteo "
    "enfrentamiento balacera tiroteio kampfe-in-der-nahe kampfe-in-der-naehe kaempfe-in-der-nahe kaempfe-in-der-naehe "
    "bombardear* bombarder*",
    "crowd_repression": "protest-repressed repression tear-gas manif-reprimee manifestation-reprimee gaz-lacrymogene "
    "represion protesta-reprimida gas-lacrimogeno gases-lacrimogenos lacrymo lacrimogeno lacrimogeneo tranengas "
    "traenengas gewalt-gegen-protest gewalt-gegen-eine-demonstration repressao-de-um-protesto protesto-reprimido "
    "reprimir*",
    "criminalisation": "false-charges montaje-judicial criminalisation criminalization judicializacion "
    "judicial-harassment legal-harassment harcelement-judiciaire poursuites mis-en-examen mise-en-examen "
    "criminalizacion kriminalisierung criminalizacao judicializar* imputar* inculper*",
    "defamation": "senalamientos denigrement defamation smear stigmatisation stigmatization estigmatizacion "
    "smear-campaign diffamation difamacion defame* difamar* calumniar* estigmatizar* diffamer* calomnier* smeared "
    "slandered verleumdung verleumdungskampagne difamacao campanha-de-difamacao",
    "immigration": "immigration deportation visa visa-problem migracion expulsion-order avis-d-expulsion "
    "expulsion-du-pays expulse-du-pays orden-de-expulsion deportacion ausweisung ordem-de-expulsao deport* deportar*",
    "missed_check_in": "missed-check-in lost-contact contact-perdu llamada-de-control-perdida appel-manque "
    "appel-de-controle-manque control-perdido llamada-de-control-sin-respuesta control-sin-respuesta "
    "kontrollanruf-ausgeblieben kontrollanruf-fehlt chamada-de-controle-sem-resposta "
    "ligacao-de-controle-sem-resposta controle-falhou",
    "accident": "accident car-crash medical medical-emergency emergencia-medica urgence-medicale accidente accidentado "
    "accidentada acidente unfall",
}
"""The names of each type; a verb with a star stands for its forms.

A plural s is accepted too, and so is whatever sounds alike, as a feminine in -ee does.
"""

FORMS = {
    "ar": "ar aron aram o ou ado ada ando an",
    "ir": "ir ieron iram io iu ido ida iendo en",
    "er": "er e ee ent erent",
    "e": "ed ing",
    "": "ed ing",
}
"""For each ending of a starred verb: the endings that say that it was done, or is being done."""

SAID = {
    "killing": "shot-killed decede/decedee/mort/morte/succombe-de/a-blessures murio-por/de-heridas "
    "quitaron/quito-la-vida acabaron/acabo-con-la-vida sin-vida massacred masacre masacraron shot-dead gunned-down "
    "lo-mato la-mato abattu-par abattu-d-une-balle abattue-par ete-abattu ete-abattue he-is-dead she-is-dead "
    "they-are-dead P-is-dead body-of-P corpo-de-P foi/foram/esta-morto/morta/mortos/mortas encontraram/acharam-corpo "
    "encontraram/acharam-P-morto/morta executaram-P tot-aufgefunden leiche-von-P P-esta-muerto P-esta-muerta "
    "encontrado-muerto encontrada-muerta cuerpo-de-P il-est-mort elle-est-morte P-est-mort P-est-morte retrouve-mort "
    "retrouvee-morte retrouve-P-mort retrouve-P-morte corps-de-P P-found-dead he-was-found-dead she-was-found-dead "
    "found-HIM-dead found-body body-found encontraron-cuerpo hallaron-cuerpo aparecio-muerto aparecio-muerta "
    "retrouve-corps trouve-corps did-not-survive didn-t-survive no-sobrevivio pas-survecu ete-execute fue-ejecutado "
    "fue-ejecutada ejecutaron-a P-executed executed-HIM burned-alive quemado-vivo quemada-viva brule-vif "
    "found/hallaron/encontraron/hallado-muerto/muerta battu/battue-a-mort beaten-to-death golpeado-hasta-la-muerte "
    "died-of/from-gunshot/wounds/injuries/torture murio-de/por-balazo/golpes "
    "P/PRISONER/he/she-died/murio/fallecio/morreu-_-CELL murio/fallecio/morreu-P/PRISONER-_-CELL died-in-custody "
    "mort/morte-en-garde-a-vue mort/morte-en-CELL P-dead 2/3/4/5/one/two/three/four/several-dead un-muerto "
    "dos/tres/cuatro/varios/hay/2/3/4/5-muertos deux/trois/quatre/plusieurs/2/3/4/5-morts il-y-a-morts mass-grave "
    "fosa-comun fosse-commune",
    "attempted_killing": "attempt-to-kill voulu-tuer wanted-to-kill attaque-a-machette run-HIM/P-over balazo balazos "
    "ambush ambushed emboscada emboscaron embuscade atentaron-contra shooting-at-US levou/tomou-um-tiro "
    "tried/trying/attempted-to-kill/murder tire-sur tirent-sur tirent-dessus blesse-par-balle touche-par-balle "
    "essaye/tente-de-tuer essaye/tente-d-assassiner dispararon-a dispararon-contra le-dispararon nos-dispararon "
    "nos-disparan atiraram/atirou-em/no/na/contra shots-fired-at deram/levou-_-tiros geschossen-auf US-geschossen "
    "schusse/schuesse-auf-P/CAR/HOUSE pusieron/colocaron/planted-bomba/bomb nos-estan-disparando herido-de-bala "
    "herida-de-bala intentaron/intento/quisieron/quiso-matar/asesinar trataron/trato-de-matar/asesinar "
    "tentaram/tentou-matar/assassinar grenade-thrown threw-a-grenade jete-une-grenade lance-une-grenade "
    "lanzaron-una-granada tiraron-una-granada opened-fire-on-US/P/CAR abrieron-fuego-contra deram/deu-um-tiro-em/no/na "
    "disparos/tiros-contra/a/em/no/na-P/CAR/HOUSE coups-de-feu-sur/contre-P/CAR/HOUSE nos-tiraron/lanzaron-_-bomba "
    "ouvert-feu-sur-nous dispararon-P metieron-_-tiros pego-_-tiros pegaron-_-tiro hit-by-bullet bullet-wound "
    "firing-at-US recu-balle recu-_-balles knife-attack con-machete coups-de-machette coup-de-couteau incendiaron-P "
    "le/les/me-pegaron/pego-tiro fired-_-shots fired-at hirieron-a-P wounded-by-gunfire/bullet arma-de-fuego "
    "arme-a-feu tire-dessus lui-a-tire grenade/granade-went-off grenade-exploded grenade-a-explose "
    "exploto/estallo-granada",
    "disappearance": "no-se-sabe-nada-de P-_-salio-no-regreso/volvio is-missing are-missing was-missing still-missing "
    "went-missing gone-missing not-come-home didn-t-come-home never-came-home sans-nouvelles-de plus-de-nouvelles-de "
    "pas-rentre no-aparece no-aparecen no-aparecio sin-noticias-de no-volvio-a-casa no-regreso-a-casa no-llego-a-casa "
    "hasn-t-come-back didn-t-come-back not-come-back no-sabemos-nada-de P-_-no-ha-vuelto P-sumiu P-sumiram "
    "P-nao-voltou-desde/para/a P-_-no-vuelve P-_-no-ha-regresado no-ha-vuelto-desde no-ha-regresado-desde pas-revenu "
    "nobody-has-seen-HIM no-trace-of pas-vu-P sin-rastro-de no-one-has-seen-HIM where-HIM-is perdu-la-trace "
    "no-sabemos-donde-esta P-_-gone-since nobody-knows-where never-came-back no-se-sabe-de-P pas-de-nouvelle-de-P "
    "aucune-nouvelle-de-P no-news-of/from-P no-sign-of-P no-sign-of-life sin-senales-de-vida",
    "abduction": "forcefully/forcibly-taken taken-forcefully/forcibly hommes-armes-_-emmene/pris/embarque "
    "taken-by-force taken-by-armed-men taken-hostage they-took-HIM men-took-HIM dragged-HIM drove-off-with-HIM "
    "pris-en-otage emmene-de-force se-llevaron-a se-lo-llevaron se-la-llevaron levaram-P took-HIM-by-force "
    "forced-into-CAR pushed-into-CAR put-in-CAR bundled-into-CAR grabbed-HIM ARMED-_-took-HIM ARMED-_-sacaron "
    "ARMED-_-llevaron ARMED-_-emmene metieron-_-CAR embarque-de-force jete-dans-CAR pousse-dans-CAR se-llevo-a "
    "se-lo-llevo se-la-llevo sie-haben-HIM-mitgenommen ARMED-_-levaram/mitgenommen sacaron-a-P-de taken-from-HOUSE "
    "forced/pushed/threw/dragged/shoved-HIM-_-CAR l-ont/a-emmene ont-emmene-P ils-ont-pris-P les-ont-emmenes "
    "dragged/pulled/taken-out-of-CAR/HOUSE bajaron-de-CAR sacaron-de-CAR montaron/subieron-_-CAR embarque-P "
    "broke-in-took/dragged-HIM",
    "arrest": "retuvieron/retuvo-a-P esta-presa estan-presas sigue-presa siguen-presas fue-presa foi-presa "
    "foram-presas POLICE-_-levou/levaram/mitgenommen llevaron-presa encerraron-a in-custody into-custody im-gefangnis "
    "in-haft POLICE-_-took-HIM POLICE-_-took-_-out-of-bed POLICE-_-took-_-away POLICE-_-taken-HIM POLICE-_-se-llevo "
    "POLICE-_-se-llevaron POLICE-_-llevaron-a POLICE-_-emmene POLICE-_-embarque picked-up-by-POLICE taken-by-POLICE "
    "taken-away-by-POLICE taken-to-POLICE POLICE-grabbed-HIM POLICE-_-holding-US held-by-POLICE emmene-par-POLICE "
    "embarque-par-POLICE put-_-in-CELL is-in-CELL are-in-CELL P-in-CELL locked-HIM-up locked-up-in thrown-in-CELL "
    "rounded-up handcuffs POLICE-_-picked-up POLICE-_-agarro/agarraron agarraron-_-POLICE llevan-_-CELL "
    "au-commissariat au-poste-de-police au-cachot esta-en-CELL estan-en-CELL metieron-_-CELL llevaron-_-CELL "
    "llevado-_-CELL llevada-_-CELL P-en-CELL mis-_-en-CELL est-en-CELL sont-en-CELL mettre-en-CELL conduit-_-CELL "
    "emmene-_-CELL retenido retenida POLICE-_-nos-retien retenu-par retenue-par nous-retiennent se-la-llevaron-presa "
    "being-interrogated interrogating-HIM lo-cogio-la-POLICE POLICE-lo-cogio POLICE-_-cogio-a bajo-custodia "
    "POLICE-_-take-HIM detienen/detiene-a sigue/siguen-en-CELL est/sont-a-CELL prisao-de-P",
    "assault": "rompieron-cara broke-arm/leg/nose/teeth rompieron/partieron-brazo/pierna/nariz/dientes "
    "casse-bras/jambe/nez/dent beat-US beat-up ete-frappe ont-frappe frappe-par roue-de-coups passe-a-tabac "
    "violence-policiere le-pegaron nos-pegaron me-pegaron pegaron-a nos-estan-pegando le-estan-pegando hit-HIM "
    "hit-with kicked-HIM slapped-HIM pushed-HIM rifle-butt culatazo a-golpes a-patadas a-punos a-punetazos a-palos "
    "a-garrotazos coups-de-crosse coups-de-poing coups-de-pied coups-de-baton battu battue battent bateram-P "
    "bateram-em bateram-na bateram-no bateram-nele bateram-nela jet-de-pierres roughed-up "
    "tocaram/botaram/atearam-fogo burned/burnt-down set-fire-to set-on-fire prendieron-fuego mis-le-feu apuntaron-con "
    "pointed-gun-at molotov stoned stones-at lance/jete/lancent/jettent-pierre tiraron/lanzaron/tiran/lanzan-piedra",
    "death_threat": "bala-en-sobre bullet-in-envelope balle-dans-enveloppe "
    "threatened/threat/going/want/wants-to-kill/murder veulent-nous-tuer veulent-me-tuer veulent-le-tuer "
    "vont-nous-tuer vont-me-tuer vont-le-tuer menace-de-tuer menacent-de-tuer "
    "amenazaron/amenazan/amenazo-con-matar/asesinar ameacaram-matar ameacaram-de-morte ameacaram/ameacou-HIM-de-morte "
    "amenazaron/amenazo-a-HIM-de-muerte US-toten/toeten/umbringen van/va/iban-a-matar/asesinar "
    "quieren/quiere-matar/asesinar vao/querem-matar/assassinar vont/veulent/veut-assassiner "
    "vont/veulent/veut-nous/me/m/l-assassiner menace/menacent-d-assassiner te-vamos-a-matar lo-vamos-a-matar "
    "la-vamos-a-matar vamos-a-matar-a vamos-a-matar-P next-time-_-kill kill-you kill-US ll-kill you-are-next "
    "you-re-next i-am-next we-are-next soy-la-proxima soy-el-proximo soy-la-siguiente soy-el-siguiente eres-la-proxima "
    "eres-el-proximo eres-el-siguiente eres-la-siguiente seras-el-proximo seras-la-proxima sos-el-proximo "
    "somos-los-proximos es-el-proximo tu-es-la-prochaine es-le-prochain serez-les-prochains sera-le-prochain "
    "letter-with-bullet bullet-_-left bullet-in-_-letter left-_-bullet dejaron-_-bala carta-con-bala "
    "received/recibio/recibimos/recebeu/recu-bullet/bala/balle sobre-con-bala enveloppe-avec-balle lettre-_-balle "
    "a-balle-devant ils-vont-nous-bruler nous-tuent matarnos matarme matarlo matarla death-list hit-list lista-negra "
    "liste-noire you-will-die you-are-dead-man vas-a-morir van-a-morir tu-vas-mourir vous-allez-mourir "
    "knife-to-HIM-throat be-killed or-die me/nos/te/lo/la/los-mata/matan/mate/matamos/mataran/mataremos "
    "veut-me/nous/le/la-tuer vont-tuer-P plomo-o-plata ofrecieron/ofrecio-plomo "
    "photo/picture/foto-of/de-coffin/ataud/cercueil funeral-wreath corona-funebre couronne-funebre couronne-mortuaire "
    "sufragio",
    "threat": "recibio-panfleto will-pay stop-your-work-or we-know-where-you-live sabemos-donde-vives "
    "sabemos-donde-viven on-sait-ou-tu-habites watch-your-back you-will-regret se-va-a-arrepentir se-van-a-arrepentir "
    "tu-vas-le-regretter a-las-consecuencias llego-panfleto recibimos-panfleto circula-panfleto panfleto-amenazante "
    "panfleto-de que-nos-callemos que-me-callara d-arreter-notre-travail d-arreter-mon-travail hours-to-leave "
    "h-to-leave horas-para-ir horas-para-salir horas-para-desocupar horas-para-abandonar heures-pour-partir "
    "heures-pour-quitter h-pour-partir h-pour-quitter hostigamiento harcelement harassment anonymous-call "
    "llamada-anonima appel-anonyme know-where-P-go/goes/live/lives know-where-US-live know-where-i/we-live "
    "saben-donde-vivo/vive/vivimos/viven/estudia/estudian",
    "surveillance": "CAR/WATCHER-_-siguiendo-a following-US follows-US watching-US watching-our watching-the spied-on "
    "pictures-of-our photos-of-our nous-suit nous-suivent me-suit me-suivent sommes-suivi sommes-suivie suis-suivi "
    "suis-suivie est-suivi est-suivie me-siguen me-sigue nos-sigue estan-siguiendo viene-siguiendo vienen-siguiendo "
    "nos-persiguen me-persiguen sendo-seguido sendo-seguida being-watched are-watched is-watched watched-by "
    "watched-our watched-US car-without-plate carro-sin-placa moto-sin-placa camioneta-sin-placa voiture-sans-plaque "
    "WATCHER-_-outside-HOUSE WATCHER-_-in-front-of-HOUSE WATCHER-_-frente-a-HOUSE WATCHER-_-afuera-de-HOUSE "
    "WATCHER-_-fuera-de-HOUSE WATCHER-_-devant-HOUSE CAR-behind-US nos-viene-detras viene-detras-de-nosotros "
    "viene-detras-nuestro CAR-_-derriere-nous nos-estan-tomando-fotos nos-toman-fotos WATCHER-_-photographed-US "
    "taking-pictures-of-US taking-photos-of-US filming-US nos-estan-filmando nos-graban phone-tapped tapping-our "
    "telefono-intervenido chuzado chuzada chuzaron sur-ecoute wiretap nos-espian nous-espionne nous-espionnent "
    "spying-on rodando-HOUSE rondando-HOUSE merodeando WATCHER-_-rode-autour nos-persigue same-_-men/man "
    "los-mismos-hombres/tipos call/calls-are-being-listened listening-to-our-call ecoute-au-telephone siguiendome "
    "siguiendonos siguiendolo siguiendola espiando drone-over/above-HOUSE dron/drone-sobre-HOUSE dron-encima-de-HOUSE "
    "dron-encima-HOUSE intervinieron-telefono/NET WATCHER-_-vor-HOUSE WATCHER/CAR-_-em-frente-a/ao-HOUSE drone-flying "
    "dron-volando drone-dessus-de-HOUSE",
    "raid": "going-through-our/KIT POLICE-_-broke-down-door POLICE-_-broke-into-HOUSE entro/entraron-_-con-orden "
    "POLICE-_-broke/kicked/forced-door POLICE-_-rompieron/forzaron-puerta POLICE-_-defonce/enfonce/casse/force-porte "
    "searched-by-police police-searched police-searching police-inside police-dans-la-maison police-dans-le-bureau "
    "policia-adentro polizei-durchsucht invadiu/invadiram-HOUSE cercaram-HOUSE police-in-our-house police-in-our-home "
    "police-in-our-office police-dans-notre-maison police-dans-notre-bureau policia-en-nuestra-casa "
    "policia-en-nuestra-oficina with-warrant have-warrant search-warrant orden-de-registro descente-de-POLICE "
    "POLICE-_-entered-HOUSE POLICE-_-came-into-HOUSE POLICE-_-at/on-door/gate POLICE-_-na-porta POLICE-_-devant-porte "
    "POLICE-_-vor-tur/tuer POLICE-_-inside-HOUSE POLICE-_-entraron entraron-POLICE entro-POLICE POLICE-_-entro-a-HOUSE "
    "POLICE-_-entre-dans-HOUSE POLICE-_-surrounding-HOUSE POLICE-_-tumbaron-puerta stormed-HOUSE POLICE-_-a-la-puerta "
    "POLICE-_-chez-moi/nous/P surrounded-HOUSE rodearon/rodean-HOUSE encercle/encerclent-HOUSE",
    "break_in": "vol-au-bureau broke-into levaram-KIT se-metieron-a stole-our nous-a-vole m-a-vole nous-ont-vole "
    "volaron-KIT porte-_-forcee porte-enfoncee forced-door door-forced door-broken broke-down-door puerta-forzada "
    "broke-the-lock thieves thief ladron ladrones voleurs "
    "rompieron/forzaron/tumbaron/danaron-puerta/chapa/candado/cerradura "
    "defonce/enfonce/casse/force-porte/serrure/cadenas",
    "eviction": "nos-estan-sacando evict-US demolishing-our demolished-our burning-HOUSE burned-HOUSE burnt-HOUSE "
    "queimaram/queimam/derrubaram/derrubam/derrubando-HOUSE ordem/acao-de-despejo fazendo/sofrendo-despejo "
    "estao-despejando despejaram despejo-no/na/com/da/forcado set-fire-to-HOUSE quemando-HOUSE quemaron-HOUSE "
    "queman-HOUSE brulent-HOUSE brule-HOUSE bruler-HOUSE incendiaron-HOUSE demolishing-HOUSE demolished-HOUSE "
    "demoliendo-HOUSE demolieron-HOUSE detruit-HOUSE detruisent-HOUSE bulldozers-_-POLICE POLICE-_-bulldozers "
    "bulldozer-_-HOUSE clear-land out-of-HOUSE-by-POLICE throw-_-out-of-HOUSE thrown-out-of-HOUSE forced-off-land "
    "driven-from-HOUSE sacando-de-HOUSE sacar-de-HOUSE sacaron-de-HOUSE sacan-de-HOUSE "
    "sacando/sacan-familia/gente-de-HOUSE nos-quieren-sacar nous-chassent-de-HOUSE chasse-de-HOUSE land-grab despojo",
    "armed_presence": "armed-men armed-man armed-group man-with-gun man-with-a-gun men-with-guns hommes-armes "
    "homme-arme groupe-arme hombres-armados hombre-armado grupo-armado gente-armada encapuchados camuflado ARMED "
    "homens-armados homem-armado hommes-en-armes bewaffnete bewaffneter bewaffneten "
    "troops/soldiers/army/military-in-HOUSE tropas/soldados/ejercito/militares-en-HOUSE "
    "militaires/soldats/armee-dans-HOUSE",
    "combat": "tire-de-partout tirent-de-partout "
    "bomb-exploded explosion-nearby estan-disparando opened-fire open-fire abrieron-fuego ouvert-feu "
    "ouvrent-le-feu rafagas rafales shelling mortar explosion-near explosion-in explosion-a explosion-en "
    "explosion-pres explosion-cerca estallo-una-bomba exploto-una-bomba obus mortier shells",
    "checkpoint": "retuvieron/retuvo-a-P-en-reten retuvieron/retuvo-a-P-en-un-reten laisse-pas-passer "
    "surrounded-by-soldier surrounded-by-police nos-rodearon encercles-par stopped-by-POLICE POLICE-_-stopped-US "
    "POLICE-_-stop-US POLICE-_-nos-paro POLICE-_-nos-pararon POLICE-_-nos-para nos-tienen-parados "
    "POLICE-_-tienen-parados POLICE-_-nous-bloquent POLICE-_-nous-bloque bloques-par-POLICE won-t-let-US-pass "
    "wont-let-US-pass not-let-US-pass no-dejan-pasar laissent-pas-passer took-PAPERS have-PAPERS quitaron-PAPERS "
    "barreira-da/do-POLICE numa/na-barreira nao-deixam/deixaram-HIM-passar nao-deixam/deixaram-passar pris-PAPERS "
    "confisque-PAPERS stopped-and-searched nos-dejan-salir/pasar/seguir won-t/wont/not-let-US-leave/go/through "
    "empechent-de-passer/sortir no-nos-dejan-salir/pasar/seguir no-dejan-salir",
    "crowd_repression": "POLICE-_-ataca/atacan/attaque/attaquent-MARCH reprime-la-marcha matraques-sur-la-manif "
    "rubber-bullet balas-de-goma echando-gas echando-gases tirando-gas lanzando-gas tiran-gas lanzan-gas echan-gas "
    "gas/gases-en/no/na-MARCH fired-gas lacrymogene dispersa-MARCH POLICE-_-beating-MARCH POLICE-_-beat-MARCH "
    "water-cannon matraquent gaseando gasearon",
    "criminalisation": "plainte/proces-contre-P convocation-_-POLICE denunciado/denunciada-por P-charged-with "
    "was-charged-with been-charged-with falsely-accused summoned-by-prosecutor summoned-by-police "
    "convoque-par-la-police convoque-par-le-procureur citado-por-la-fiscalia citada-por-la-fiscalia abrieron-proceso "
    "accused-of acusado-de acusada-de acusan-de accuse-de sentenced condamne-a condenado condenada condenaron "
    "sentenciado sentenciada ordered-HIM-to-CELL court-_-CELL arrest-warrant orden-de-captura ordenes-de-captura "
    "orden-de-arresto mandat-d-arret mandat-d-amener avis-de-recherche account-frozen froze-our-account "
    "cuentas-congeladas congelaron-cuentas comptes-geles convoque/convoquee-a-POLICE/tribunal "
    "poursuivi/poursuivie-en-justice poursuivi/poursuivie-pour appear-in-court intimado/intimada-por/pela/pelo/a "
    "indiciado indiciada summoned-to-court/station pidio/pide/piden-prision/carcel",
    "immigration": "expulsion-de-P-de-pays/pais leave-country quitter-le-pays salir-del-pais abandonar-el-pais "
    "visa-canceled visa-revoked must-leave-country visa-annule doit-quitter-le-pays visa-cancelada visa-cancelado "
    "debe-salir-del-pais visa-was-refused negaron-visa expulsan/expulsaron-P-de-pais "
    "expulsan/expulsaron/expulsado/expulsada-de-pais expulse-vers-pays deportiert abgeschoben",
    "accident": "se-cayo-P me-cai se-volteo bus-crash moto-crash nos-volcamos capotou capotamos se-volco "
    "nos-accidentamos overturned choque-en choque-de chocamos nos-chocaron snake-bite tonneau nos-estrellamos "
    "se-estrello knocked-down-by-CAR run-over-by-CAR atropellado atropellada atropello",
    "sexual_violence": "groped manoseo manosearon abusaron-de-P sexually-harassed acoso-sexual harcelement-sexuel "
    "forced-to-undress nos-desnudaron la-desnudaron deshabille-de-force attouchement quito/quitaron-ropa "
    "stripped-HIM-naked",
    "torture": "electric-shock electroshock elektroschock choques-electricos descargas-electricas pusieron-corriente "
    "courant-electrique waterboard simulacro-de-ejecucion simulacre-d-execution",
    "digital_attack": "got-into-NET broke-into-NET logged-into-NET logged-in-to-NET perdimos-acceso-_-NET "
    "entraron-a-NET entraron-en-NET se-metieron-a-NET se-metieron-en-NET robaron-NET stole-NET taken-over-NET pegasus "
    "logiciel-espion malware NET-intervenido lost-access-to-NET acces-a-NET intruder-in-NET NET-taken-over",
    "defamation": "we-are-LABEL is-LABEL-on call-US-LABEL calling-US-LABEL called-US-LABEL said-_-are-LABEL "
    "says-_-are-LABEL branded-_-LABEL labeled-_-LABEL somos-LABEL soy-LABEL acusan-de-LABEL tildan-de-LABEL "
    "tratan-de-LABEL senalan-de-LABEL senalaron-de-LABEL nos-senalan llaman-LABEL sommes-LABEL traitent-_-de-LABEL "
    "fake-news-about/contra false-news-about noticias-falsas-sobre campana-sucia campana-de-difamacion "
    "campagne-de-diffamation mensonges-sur-nous lies-about spreading-lies mentiras-sobre insulte/insultent-_-LABEL "
    "somos-de-eln/farc/guerrilla traite-_-LABEL",
    "missed_check_in": "P-_-not-answer P-_-not-answering P-_-did-not-call P-_-not-called P-_-no-contesta "
    "P-_-no-contestan P-_-no-responde P-_-no-responden P-_-no-llamo P-_-no-ha-llamado P-_-no-ha-reportado "
    "P-_-no-reporto no-contesta-_-P no-responde-_-P P-_-pas-appele P-_-injoignable P-_-unreachable P-_-not-reachable "
    "can-t-reach-HIM cant-reach-HIM cannot-reach-HIM can-not-reach-HIM no-contact-with-HIM lost-contact-with "
    "perdemos-contato P-_-nao-atende perdimos-contacto-con perdu-contact-avec no-logramos-comunicar "
    "no-podemos-comunicar no-logramos-contactar sin-contacto-con sin-comunicacion-con P-_-no-llego P-_-not-arrived "
    "P-_-pas-arrive phone-off P-_-no-ha-llegado telephone/portable-_-ne-passe P-_-gone-silent "
    "puedo/podemos-contactar/localizar/ubicar-P unable-to-reach/contact-P",
}
"""How people describe a type without its name; these words stay in the text, since they say more."""

KINDS = {
    "P": "brother sister mother mom father dad wife husband son daughter child children leader colleague friend "
    "comrade neighbour neighbor woman women people family lawyer student teacher driver hermano hermana madre mama "
    "padre papa esposo esposa hijo hija lider lideresa companero companera amigo amiga vecino vecina mujer senor "
    "senora abogado abogada gente familia frere soeur mere pere femme mari fils fille collegue ami amie voisin "
    "voisine avocat avocate famille irmao advogado advogada vizinho vizinha professor professora irma mae pai marido "
    "filho filha companheiro companheira bruder schwester mutter vater frau mann sohn tochter team equipo equipe "
    "volunteer voluntario voluntaria campesino campesina villager villageois villageoise aldeano aldeana",
    "PRISONER": "prisoner detainee inmate detenido detenida preso",
    "HIM": "P him her them",
    "US": "HIM us me uns mich",
    "POLICE": "police policeman policemen cop officer soldier army military troop gendarme gendarmerie policia "
    "ejercito soldado militar guardia esmad agente policier militaire soldat armee polizei polizist polizisten "
    "soldaten policial policiais exercito pm forces fuerzas antimotines antidisturbios",
    "ARMED": "paramilitary paramilitaries paramilitar paramilitares paramilitaire paras paraco militia militiamen "
    "milice milicien milicia miliciano pistoleiro jagunco gunman gunmen sicario encapuchado guerrilla guerrillero",
    "WATCHER": "man men guy somebody someone stranger hombre tipo sujeto desconocido hommes homme type inconnu POLICE",
    "CAR": "car van truck pickup bus vehicle motorbike motorcycle taxi carro camioneta patrulla moto coche camion auto "
    "vehiculo voiture camionnette vehicule",
    "HOUSE": "house home office building door shelter village community school church headquarters casa oficina "
    "edificio sede finca rancho vereda pueblo tierra parcela comunidad escuela maison bureau immeuble terre quartier "
    "ecole siege land escritorio predio aldeia comunidade escola terra fazenda acampamento assentamento ocupacao haus "
    "buero buro wohnung dorf schule",
    "CELL": "jail prison cell custody barracks station carcel prision detention cadeia prisao delegacia celda "
    "calabozo estacion comisaria batallon base cachot cellule commissariat poste brigade caserne",
    "NET": "email mail account whatsapp facebook phone telephone website server correo cuenta celular telefono "
    "pagina compte site",
    "KIT": "laptop computer disk archive file document camera phone computador computadores computadora ordenador "
    "archivo documento disco ordinateur dossier disque telephone",
    "PAPERS": "passport id ids papers document documents cedula pasaporte papeles celular celulares passeport papiers",
    "GAS": "gas teargas lacrymo gaz lacrimogeno",
    "MARCH": "march protest protester demonstration demonstrator rally crowd student marcha protesta manifestacion "
    "manifestante estudiante multitud protesto manifestacao passeata manif manifestation manifestant etudiant foule",
    "LABEL": "terrorist guerrilla guerrillero traitor spy spies rebel enemy criminal subversive terrorista traidor "
    "espia subversivo rebelde enemigo comunista terroriste traitre espion rebelle criminel ennemi",
    "FIREWORKS": "firework fireworks firecracker petard petards cohete polvora artifice",
}
"""Interchangeable words in a name; a kind may contain another.

`P` is a person: a code, or what the writer, who knows no code, calls that person.
"""

NO_NAMES = (
    "s-arrete s-est-arrete s-est-arretee m-arrete n-arrete arrete-de se-detuvo se-detuvieron violacion-de-derechos "
    "violacion-de-los-derechos violacion-a-los-derechos violacion-de-nuestros-derechos violacion-del-derecho "
    "violacion-de-la-ley viole-le-droit viole-les-droit viole-la-loi viole-nos-droit they-took-HIM-home "
    "they-took-HIM-safely they-took-HIM-to-hospital they-took-HIM-to-the-hospital they-took-HIM-to-the-clinic "
    "they-took-HIM-to-the-doctor police-took-HIM-home police-took-HIM-safely police-took-HIM-to-hospital "
    "police-took-HIM-to-the-hospital fighting-for-our fighting-for-right fighting-for-justice he-is-dead-tired "
    "she-is-dead-tired P-is-dead-tired P-dead-tired accused-of-nothing se-llevo-a-cabo se-llevaron-a-cabo "
    "explosion-_-FIREWORKS FIREWORKS-_-shots FIREWORKS-_-disparos FIREWORKS-_-tirs FIREWORKS-_-explosion "
    "violaron-derecho violar-derecho took-HIM-to-hotel kill-us-with levaram-P-ao/para-hospital/medico "
    "levaram-P-para-casa einbruch-der-dunkelheit pusieron/colocaron-bomba-de-agua/riego/aire "
    "received-bullet-train deram/deu-um-tiro-no-ar/escuro/gol"
)
"""Phrases that sound like a name but mean something else: a bus that stops, rights that are violated, a way home."""
EVERYDAY = "presa abattu abattue frappe missing watched despejo following descente visa medical migracion"
"""Names that are also everyday words; they count next to a person's code, or where the form has the type."""

THINGS = "power electricity plants crops photo video film movie scene internet signal"
"""Things that are killed or shot only figuratively: the storm kills the power, and a film is shot."""
PICTURES = "photo video film movie"
WEATHER = "storm rain heat wind drought"

DENIED = (
    "no nao not nicht without sem nobody ninguem niemand nothing ni sin nadie nada ninguna ningun pas sans aucun "
    "aucune nenhum nenhuma kein keine keinen"
)
"""Before a type's name they say that it did not happen."""
TOPICS = (
    "film movie pelicula documentary documentaire documental workshop taller talleres atelier training capacitacion "
    "formation formacao oficina talk course curso cours charla class clase seminar seminario seminaire conference "
    "conferencia book "
    "libro livre livro song cancion chanson"
)
ABOUT = "about sobre sur uber ueber contra contre against"
"""What such a thing is about has not happened."""
OR = "or nor ou o u ni"
"""Between a denied name and the next they deny that one too."""
LITTLE = (
    "was were is are be been being has have had a an the any one yet ete est ont eu de d des du un une la le les l una "
    "el lo los ser etre se me te nos fue fueron es son ha han he sido habido hay hubo mas new nouvelle nouvelles nueva "
    "nuevas foi foram houve os as um uma wurde wurden wird der die das den dem"
)
"""Words that may stand between a denial and the name that it denies."""
SKIPPED = (
    "a al all already also an and are aussi ayer be been being both ce ces cette cuatro d de deja del des deux dos du "
    "el esa esas ese esos est esta este et etait ete five four fue fueron ha had han has have her him his hoy in is "
    "just l la las le les leur leurs lo los ma many me mein meine mes meu mi minha mis mon my nos nossa nosso notre "
    "now nuestra nuestras nuestro nuestros o on ont our sa se ses several sido some son sont su sus that the their "
    "them these this those three to todas todos tous toutes tres trois two un una unas une unos unser us varias varios "
    "was were y ya your dem den das unserem unseren hat haben"
)
"""Words that may stand between the words of a name."""
SHORT = "d=de q=que k=que x=por al=a au=a aux=a del=de du=de des=de"
"""Long forms of short words: as people type them, or where one stands for two."""
